import { describe, expect, test } from "bun:test";
import { accepted, image, inspected, warnings } from "./inspect-made.ts";
import type { Inspection } from "./inspection.ts";
import { element, explicitLE, head, implicitElement, secondaryCapture } from "./made-bytes.ts";

describe("the head", () => {
  const meta = head().subarray(132);
  test("meta without preamble is written anew", async () => {
    for (const start of [meta, head().subarray(128)]) {
      const instance = await accepted(start, image);
      expect(warnings(instance)).toEqual(["meta_rewritten"]);
      expect(instance.dataSetOffset).toBe(start.length);
    }
  });

  test.each(["MZ", "\x7fELF", "\xcf\xfa\xed\xfe", "PK\x03\x04", "#!/bin/sh\n", "Rar!", "7z\xbc\xaf"])(
    "T21: a preamble that begins with %j is zeroed",
    async (signature) => {
      const preamble = Buffer.alloc(128, 0xaa);
      preamble.write(signature, 0, "latin1");
      const instance = await accepted(head(explicitLE, preamble), image);
      expect(warnings(instance)).toEqual(["preamble_zeroed"]);
      expect(Buffer.from(instance.head ?? new Uint8Array(0)).equals(head())).toBe(true);
    },
  );

  test("a preamble that makes the file a TIFF stays", async () => {
    const preamble = Buffer.alloc(128);
    preamble.write("II*\0", 0, "latin1");
    expect(await accepted(head(explicitLE, preamble), image)).toMatchObject({ head: null, warnings: [] });
  });

  test("a preamble is zeroed also where the meta is wrong", async () => {
    const preamble = Buffer.alloc(128);
    preamble.write("MZ", 0, "latin1");
    const wrong = Buffer.from(
      head(explicitLE, preamble).toString("latin1").replace("1.2.3.4\0", "1.2.3.5\0"),
      "latin1",
    );
    const instance = await accepted(wrong, image);
    expect(warnings(instance)).toEqual(["meta_rewritten", "preamble_zeroed"]);
    expect(instance.head?.subarray(0, 128)).toEqual(new Uint8Array(128));
  });
});

describe("what kind of file it is", () => {
  const implicit = Buffer.concat([
    implicitElement(0x00080016, secondaryCapture.padEnd(26, "\0")),
    implicitElement(0x00080018, "1.2.3.4\0"),
    implicitElement(0x00080060, "OT"),
    implicitElement(0x00100010, "MADE^UP"),
    implicitElement(0x00100020, "MADE"),
    implicitElement(0x0020000d, "1.2.3\0"),
    implicitElement(0x0020000e, "1.2.3.1\0"),
  ]);
  const group = (...elements: readonly Buffer[]): Buffer =>
    Buffer.concat([new Uint8Array(128), Buffer.from("DICM"), ...elements]);
  const uids = [element(0x00020002, "UI", secondaryCapture), element(0x00020003, "UI", "1.2.3.4")];
  const syntax = element(0x00020010, "UI", explicitLE);

  test.each<[string, readonly Uint8Array[], string]>([
    ["a bare explicit data set", [image], explicitLE],
    ["a bare implicit data set", [implicit], "1.2.840.10008.1.2"],
    ["a preamble and no meta", [group(), image], explicitLE],
    ["meta without its length", [group(...uids, syntax), image], explicitLE],
    [
      "meta with a wrong length",
      [group(element(0x00020000, "UL", Buffer.from([1, 1, 0, 0])), ...uids, syntax), image],
      explicitLE,
    ],
    ["meta without a transfer syntax", [group(...uids), image], explicitLE],
    [
      "meta in implicit VR",
      [
        group(implicitElement(0x00020000, Buffer.from([28, 0, 0, 0])), implicitElement(0x00020010, `${explicitLE}\0`)),
        image,
      ],
      explicitLE,
    ],
  ])("%s gets a head", async (_name, pieces, transferSyntaxUID) => {
    const instance = await accepted(...pieces);
    expect(instance.transferSyntaxUID).toBe(transferSyntaxUID);
    expect(warnings(instance)).toContain("meta_rewritten");
    expect(Buffer.from(instance.head ?? []).toString("latin1")).toContain("RELAYPACS");
    const end = pieces.reduce((sum, piece) => sum + piece.length, 0);
    expect(instance.dataSetOffset).toBe(end - (pieces.at(-1)?.length ?? 0));
  });

  test.each<[string, Uint8Array, string]>([
    ["nothing", Buffer.alloc(0), "not_dicom"],
    ["text", Buffer.from("DICOM is a standard. ".repeat(40)), "not_dicom"],
    ["a program", Buffer.concat([Buffer.from("MZ"), Buffer.alloc(600, 0x90)]), "not_dicom"],
    ["a PNG", Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(600)]), "not_dicom"],
    ["a DICOMDIR", group(element(0x00020002, "UI", "1.2.840.10008.1.3.10"), syntax), "dicomdir"],
    ["a DICOMDIR without meta", Buffer.concat([element(0x00041130, "CS", "SET"), Buffer.alloc(40)]), "dicomdir"],
  ])("%s", async (_name, bytes, kind) => {
    expect<Inspection["kind"]>((await inspected(bytes)).kind).toBe(kind as Inspection["kind"]);
  });

  test("the letters DICM in the data of a bare data set", async () => {
    const start = element(0x00080005, "CS", "ISO_IR 100");
    const station = element(0x00080012, "LO", "");
    const filler = element(0x00080013, "LO", "X".repeat(128 - start.length - 2 * station.length));
    const named = Buffer.concat([start, filler, element(0x00080014, "LO", "DICM")]);
    expect(named.toString("latin1").indexOf("DICM")).toBe(128);
    expect(await accepted(named, image)).toMatchObject({ dataSetOffset: 0, patientName: "MADE^UP" });
  });
});
