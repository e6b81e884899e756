import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program, until } from "../../test/support/child.ts";
import { dciodvfyErrors } from "../../test/support/dciodvfy.ts";
import { sharedFiles } from "../../test/support/shared-data.ts";
import { correctPatient } from "./correct-patient.ts";
import { inspect } from "./inspect.ts";
import { accepted, image } from "./inspect-made.ts";
import { description, element, identity, item, short } from "./made-bytes.ts";

const folder = mkdtempSync(join(tmpdir(), "relaypacs-correct-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = new Date("2026-11-21T12:00:00Z");
const changes = { PatientID: "LOCAL-1", PatientName: "Muster^Eva", PatientBirthDate: "19700131", PatientSex: "F" };
let serial = 0;

async function corrected(path: string, wanted: Parameters<typeof correctPatient>[1] = changes) {
  const found = await inspect(path);
  if (found.kind !== "instance") return null;
  const into = join(folder, `${++serial}.dcm`);
  const done = await correctPatient({ ...found, path }, wanted, into, at);
  return done === "done" ? { found, into, bytes: readFileSync(into), after: await inspect(into) } : { found, done };
}
/** From the Pixel Data element on; empty where there is none, as in a report. */
function pixels(bytes: Buffer): Buffer {
  const start = bytes.lastIndexOf(Buffer.from([0xe0, 0x7f, 0x10, 0x00]));
  return start < 0 ? Buffer.alloc(0) : bytes.subarray(start);
}

describe("the test data", () => {
  const files = sharedFiles("dicom");
  if (files.length > 0)
    test("has the new patient, the same UIDs and pixels, and no error of dciodvfy's that it had not", async () => {
      let done = 0;
      for (const path of files) {
        const result = await corrected(path);
        if (result?.after?.kind !== "instance" || result.bytes === undefined) continue;
        done += 1;
        const { found, after, bytes } = result;
        expect(after).toMatchObject({ patientID: "LOCAL-1", patientName: "Muster^Eva", patientBirthDate: "19700131" });
        for (const key of [
          "sopInstanceUID",
          "studyInstanceUID",
          "seriesInstanceUID",
          "transferSyntaxUID",
          "studyDescription",
        ] as const)
          expect(after[key]).toBe(found[key]);
        const original = readFileSync(path);
        expect(pixels(bytes).equals(pixels(original))).toBe(true);
        if (done <= 12) {
          const known = new Set(dciodvfyErrors(original));
          expect(
            dciodvfyErrors(bytes).filter((line) => !known.has(line) && !/PatientID|PatientName/.test(line)),
          ).toEqual([]);
        }
      }
      expect(done).toBeGreaterThan(20);
    }, 120_000);
});

async function madeFile(): Promise<string> {
  const path = join(folder, `made-${++serial}.dcm`);
  writeFileSync(path, image);
  await accepted(image);
  return path;
}

test("the former values stand in the Original Attributes Sequence; a second correction keeps the first one's", async () => {
  const once = await corrected(await madeFile(), { PatientID: "FIRST" });
  const twice = await corrected(once?.into ?? "", { PatientID: "SECOND" });
  const text = twice?.bytes?.toString("latin1") ?? "";
  expect(twice?.after).toMatchObject({ kind: "instance", patientID: "SECOND" });
  const [second, first] = [text.indexOf("CORRECT "), text.lastIndexOf("CORRECT ")];
  expect(second).toBeGreaterThan(0);
  expect(first).toBeGreaterThan(second);
  expect(text.slice(0, second).lastIndexOf("FIRST")).toBeGreaterThan(text.indexOf("SECOND"));
  expect(text).toContain("20261121120000+0000");
});

const deflated = sharedFiles("dicom").filter((path) => /ct-ts-deflated|deflated-minimal/.test(path));
if (deflated.length > 0)
  test("what is hardly ever written is not rewritten", async () => {
    for (const path of deflated) expect((await corrected(path))?.after).toBeUndefined();
  });

test("characters beyond ASCII bring their character set, or are refused where the object has another", async () => {
  const umlaut = await corrected(await madeFile(), { PatientName: "Müller^Zoë" });
  expect(umlaut?.after).toMatchObject({ patientName: "Müller^Zoë" });
  expect(umlaut?.bytes?.toString("latin1")).toContain("ISO_IR 192");
  expect(await corrected(await madeFile(), { PatientName: "A\\B" }).catch((error: Error) => error.name)).toBe(
    "UnwritableValue",
  );
});

/** MAC Parameters whose Data Elements Signed are these. */
const signedOver = (...tags: readonly number[]) => {
  const named = Buffer.concat(tags.flatMap((tag) => [short(tag >>> 16), short(tag & 0xffff)]));
  return element(0x4ffe0001, "SQ", item(element(0x04000005, "US", short(0)), element(0x04000020, "AT", named)));
};
const withSignature = (...tags: readonly number[]): string => {
  const path = join(folder, `signed-${++serial}.dcm`);
  const pixels = element(0x7fe00010, "OW", new Uint8Array(32));
  const signature = element(0xfffafffa, "SQ", item(element(0x04000005, "US", short(0))));
  writeFileSync(path, Buffer.concat([identity, description(4, 4), signedOver(...tags), pixels, signature]));
  return path;
};

test("what somebody signed is not changed; a signature over other attributes is no hindrance", async () => {
  for (const tag of [0x00100020, 0x04000561])
    expect(await corrected(withSignature(0x00280010, tag), { PatientID: "NEW" })).toMatchObject({ done: "signed" });
  const other = await corrected(withSignature(0x00280010, 0x00100010), { PatientID: "NEW" });
  expect(other?.after).toMatchObject({ patientID: "NEW" });
  // without a character set the name brings one, which this signature covers
  expect(await corrected(withSignature(0x00080005), { PatientName: "Müller" })).toMatchObject({ done: "signed" });
});

const [dcmsign, openssl] = [program("dcmsign"), program("openssl")];
if (dcmsign !== null && openssl !== null)
  test("DCMTK still verifies its signature over the image after the patient was corrected", async () => {
    const at = (name: string) => join(folder, name);
    const run = (...command: string[]) => Bun.spawnSync(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    const subject = ["-subj", "/CN=signer", "-days", "1"];
    const key = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject];
    expect(run(openssl, ...key, "-keyout", at("key.pem"), "-out", at("cert.pem")).exitCode).toBe(0);
    const made = statSync(at("cert.pem")).mtimeMs;
    await until("the second in which the certificate was made to be over", () => Date.now() > made + 1000);
    const sign = (from: string, into: string, ...tags: string[]) =>
      run(dcmsign, "+s", at("key.pem"), at("cert.pem"), "+m2", ...tags.flatMap((tag) => ["-t", tag]), from, into);
    const source = await madeFile();
    expect(sign(source, at("pixels.dcm"), "SOPInstanceUID", "Rows", "PixelData").exitCode).toBe(0);
    const result = await corrected(at("pixels.dcm"));
    expect(result?.after).toMatchObject({ patientID: "LOCAL-1" });
    const verified = run(dcmsign, "--verify", "+rg", "-v", "+cf", at("cert.pem"), result?.into ?? "");
    expect([verified.exitCode, verified.stderr.toString()]).toEqual([
      0,
      expect.stringContaining("Verification      : OK"),
    ]);
    expect(sign(source, at("patient.dcm"), "SOPInstanceUID", "PatientID").exitCode).toBe(0);
    expect(await corrected(at("patient.dcm"))).toMatchObject({ done: "signed" });
  });
