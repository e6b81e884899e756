import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dciodvfyErrors } from "../../test/support/dciodvfy.ts";
import { sharedFiles } from "../../test/support/shared-data.ts";
import { correctPatient } from "./correct-patient.ts";
import { inspect } from "./inspect.ts";
import { accepted, image } from "./inspect-made.ts";

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
  return done ? { found, into, bytes: readFileSync(into), after: await inspect(into) } : { found };
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

async function made(): Promise<string> {
  const path = join(folder, `made-${++serial}.dcm`);
  writeFileSync(path, image);
  await accepted(image);
  return path;
}

test("the former values stand in the Original Attributes Sequence; a second correction keeps the first one's", async () => {
  const once = await corrected(await made(), { PatientID: "FIRST" });
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
  const umlaut = await corrected(await made(), { PatientName: "Müller^Zoë" });
  expect(umlaut?.after).toMatchObject({ patientName: "Müller^Zoë" });
  expect(umlaut?.bytes?.toString("latin1")).toContain("ISO_IR 192");
  expect(await corrected(await made(), { PatientName: "A\\B" }).catch((error: Error) => error.name)).toBe(
    "UnwritableValue",
  );
});
