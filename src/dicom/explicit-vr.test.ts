import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sharedFiles } from "../../test/support/shared-data.ts";
import { asExplicitVR, type Reencoded } from "./explicit-vr.ts";
import { writeHead } from "./file-meta.ts";
import { inspect } from "./inspect.ts";
import { vrOfAttribute } from "./value-representations.ts";

const folder = mkdtempSync(join(tmpdir(), "relaypacs-explicit-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** An implicit element; a value of null has an undefined length and is followed by what the caller writes. */
function implicit(tag: number, value: Uint8Array | null): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.writeUInt32LE(value?.length ?? 0xffffffff, 4);
  return Buffer.concat([head, value ?? new Uint8Array(0)]);
}
const bytesOf = ({ stretches }: Reencoded, file: Uint8Array): Buffer =>
  Buffer.concat(
    stretches.map((one) => (one instanceof Uint8Array ? one : file.subarray(one.from, one.from + one.length))),
  );
async function converted(...elements: Uint8Array[]): Promise<string> {
  const path = join(folder, "a");
  const file = Buffer.concat([Buffer.from("head"), ...elements]);
  writeFileSync(path, file);
  const made = await asExplicitVR(path, 4);
  const bytes = bytesOf(made, file);
  expect(made.length).toBe(bytes.length);
  return bytes.toString("latin1");
}
const text = (value: string) => Buffer.from(value, "latin1");

describe("the VR of an attribute", () => {
  test.each([
    [0x00080005, "CS"],
    [0x7fe00010, "OW"],
    [0x60020010, "US"],
    [0x00280106, "xs"],
    [0x00203101, "CS"],
    [0x00090010, "LO"],
    [0x00091001, null],
    [0x0008fffe, null],
  ] as const)("%d", (tag, vr) => expect(vrOfAttribute(tag)).toBe(vr));
});

describe("Implicit VR as Explicit VR", () => {
  test("16-bit and 32-bit lengths, private ones as UN, no group length", async () => {
    const said = await converted(
      implicit(0x00080000, Buffer.alloc(4)),
      implicit(0x00080060, text("CT")),
      implicit(0x00090010, text("MAKER ")),
      implicit(0x00091001, text("ab")),
      implicit(0x7fe00010, text("pixels")),
    );
    expect(said).toBe(
      "\x08\0\x60\0CS\x02\0CT" +
        "\x09\0\x10\0LO\x06\0MAKER " +
        "\x09\0\x01\x10UN\0\0\x02\0\0\0ab" +
        "\xe0\x7f\x10\0OW\0\0\x06\0\0\0pixels",
    );
  });

  test("sequences of either length get delimiters", async () => {
    const element = implicit(0x00081150, text("1.2\0"));
    const ended = Buffer.concat([implicit(0xfffee000, null), element, implicit(0xfffee00d, new Uint8Array(0))]);
    const explicit =
      "\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff" +
      "\xfe\xff\0\xe0\xff\xff\xff\xff\x08\0\x50\x11UI\x04\x001.2\0\xfe\xff\x0d\xe0\0\0\0\0" +
      "\xfe\xff\xdd\xe0\0\0\0\0";
    expect(await converted(implicit(0x00081140, implicit(0xfffee000, element)))).toBe(explicit);
    expect(await converted(implicit(0x00081140, null), ended, implicit(0xfffee0dd, new Uint8Array(0)))).toBe(explicit);
  });

  test("a private element of undefined length is a sequence too", async () => {
    const item = Buffer.concat([
      implicit(0xfffee000, implicit(0x00091011, text("ab"))),
      implicit(0xfffee0dd, Buffer.alloc(0)),
    ]);
    expect(await converted(implicit(0x00091010, null), item)).toBe(
      "\x09\0\x10\x10SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff" +
        "\x09\0\x11\x10UN\0\0\x02\0\0\0ab\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0",
    );
  });

  test("US or SS as Pixel Representation says; too long for 16 bits is UN", async () => {
    const pad = implicit(0x00280120, text("ab"));
    expect(await converted(implicit(0x00280103, text("\0\0")), pad)).toContain("\x28\0\x20\x01US\x02\0ab");
    expect(await converted(implicit(0x00280103, text("\x01\0")), pad)).toContain("\x28\0\x20\x01SS\x02\0ab");
    const long = await converted(implicit(0x00204000, Buffer.alloc(65_536, "x")));
    expect(long.slice(0, 12)).toBe("\x20\0\0\x40UN\0\0\0\0\x01\0");
  });

  test("what is cut short or has no end is told", async () => {
    for (const broken of [
      implicit(0x00080060, text("CT")).subarray(0, 9),
      Buffer.concat([implicit(0x00081140, null), implicit(0xfffee000, null)]),
      implicit(0x00081140, implicit(0x00080060, text("CT"))),
    ]) {
      await expect(converted(broken)).rejects.toMatchObject({ name: "Malformed" });
    }
  });
});

const dump = Bun.which("dcmdump");
/** What DCMTK reads, without lengths, encodings and what only frames values. */
function seen(path: string): string[] {
  const { stdout } = Bun.spawnSync([dump ?? "", "-q", "+L", "+R", "1024", path]);
  return (
    stdout
      .toString("latin1")
      .split("\n")
      .filter((line) => /^ *\([0-9a-f]{4},/.test(line))
      // Private ones it knows by its own dictionary; here they are UN.
      .filter((line) => !/^ *\((0002|fffe|[0-9a-f]{3}[13579bdf]),|^ *\([0-9a-f]{4},0000\)/.test(line))
      .map((line) =>
        line
          .replace(/#.*$/, "")
          .replace(/\((Sequence|Item).*$/, "")
          .trimEnd(),
      )
  );
}

for (const path of dump === null
  ? []
  : ["dicom/single", "dicom/study-mr-16", "dicom/study-sm-seg"].flatMap(sharedFiles)) {
  const found = await inspect(path);
  if (found.kind !== "instance" || found.transferSyntaxUID !== "1.2.840.10008.1.2") continue;
  test(`DCMTK reads the same out of ${path.split("/").slice(-2).join("/")}`, async () => {
    const made = bytesOf(await asExplicitVR(path, found.dataSetOffset), readFileSync(path));
    const target = join(folder, "converted.dcm");
    writeFileSync(
      target,
      Buffer.concat([writeHead(found.sopClassUID, found.sopInstanceUID, "1.2.840.10008.1.2.1"), made]),
    );
    expect(seen(target)).toEqual(seen(path));
  });
}
