import { describe, expect, test } from "bun:test";
import { deflateRawSync } from "node:zlib";
import { inspect } from "./inspect.ts";
import { accepted, image, inspected, inspectedWith, warnings } from "./inspect-made.ts";
import {
  description,
  element,
  endOfItem,
  endOfSequence,
  head,
  identity,
  implicitElement,
  item,
  openItem,
  secondaryCapture,
  short,
  undefinedLength,
} from "./made-bytes.ts";

const jpeg = "1.2.840.10008.1.2.4.50";
const deflated = "1.2.840.10008.1.2.1.99";
const sequence = (tag: number, length: number): Buffer => element(tag, "SQ", "", length);
const fragments = (...content: readonly Buffer[]): Buffer =>
  Buffer.concat([element(0x7fe00010, "OB", "", undefinedLength), item(), ...content, endOfSequence]);

describe("what may come", () => {
  const tail = element(0x7fe10010, "LO", "PRIVATE");
  const pixels = element(0x7fe00010, "OW", new Uint8Array(32));
  const middle = element(0x00181000, "LO", "X");
  const described = description(4, 4);
  const unsized = Buffer.concat([
    sequence(0x00181012, undefinedLength),
    openItem,
    middle,
    endOfItem,
    item(middle),
    endOfSequence,
  ]);
  const unknown = Buffer.concat([
    element(0x00191010, "UN", "", undefinedLength),
    openItem,
    implicitElement(0x00191001, "IMPLICIT"),
    endOfItem,
    endOfSequence,
  ]);
  const cases: Readonly<Record<string, readonly Uint8Array[]>> = {
    "a plain image": [image],
    "sequences and items with and without length": [identity, unsized, described, pixels],
    "UN of undefined length, implicit inside (PS3.5 6.2.2)": [identity, unknown, described, pixels],
    "a private element behind the pixels": [image, tail],
    "Data Set Trailing Padding": [image, element(0xfffcfffc, "OB", new Uint8Array(100))],
    "zeros behind the data set": [image, new Uint8Array(2048)],
    "a stray zero byte behind the data set": [image, new Uint8Array(1)],
    "a VR of a later edition, with a long length": [
      identity,
      described,
      Buffer.from("2900101058580000020000004142", "hex"),
      pixels,
    ],
    "1-bit pixels packed over rows": [identity, description(3, 3, 3, 1), element(0x7fe00010, "OB", new Uint8Array(4))],
    "native YBR_FULL_422 with two samples a pixel": [
      identity,
      description(4, 4, 1, 8, "YBR_FULL_422"),
      element(0x7fe00010, "OB", new Uint8Array(32)),
    ],
  };
  for (const [name, pieces] of Object.entries(cases)) {
    test(name, async () => {
      const instance = await accepted(head(), ...pieces);
      expect(warnings(instance)).toEqual([]);
      expect(instance).toMatchObject({ head: null, dataSetOffset: head().length, patientName: "MADE^UP" });
    });
  }

  test.each<[string, Buffer]>([
    ["an element longer than its item", item(element(0x00181000, "LO", "", 50))],
    ["half an element", item(middle, Buffer.from("1800001055", "hex"))],
    ["an element whose header is cut off", item(Buffer.from("180010004f420000", "hex"))],
    ["something that is no item", middle],
    ["an item that never ends", Buffer.concat([openItem, middle])],
  ])("%s in a sequence of stated length is told and passed by", async (_name, content) => {
    const broken = element(0x00181012, "SQ", content);
    const instance = await accepted(head(), identity, broken, described, pixels);
    expect(warnings(instance)).toEqual(["value_irregular"]);
  });
});

describe("what is refused", () => {
  const cases: Readonly<Record<string, readonly [string, ...(readonly Uint8Array[])]>> = {
    "no rows": ["dicom_corrupt", head(), identity, description(0, 4), element(0x7fe00010, "OW", new Uint8Array(8))],
    "one byte too few": [
      "pixel_data_length",
      head(),
      identity,
      description(3, 3, 1, 8),
      element(0x7fe00010, "OB", new Uint8Array(8)),
    ],
    "far more than the image needs": [
      "pixel_data_length",
      head(),
      identity,
      description(4, 4),
      element(0x7fe00010, "OW", new Uint8Array(1_048_576 + 66)),
    ],
    "two frames in one fragment": [
      "pixel_data_length",
      head(jpeg),
      identity,
      description(4, 4, 2),
      fragments(item(Buffer.alloc(8))),
    ],
    "an offset table and no fragment": ["pixel_data_length", head(jpeg), identity, description(4, 4), fragments()],
    "fragments under a native syntax": [
      "dicom_corrupt",
      head(),
      identity,
      description(4, 4),
      fragments(item(Buffer.alloc(8))),
    ],
    "native pixels under JPEG": ["dicom_corrupt", head(jpeg), image],
    "a sequence without items": [
      "dicom_corrupt",
      head(),
      identity,
      sequence(0x00181012, undefinedLength),
      element(0x00181000, "LO", "X"),
      endOfSequence,
    ],
    "an element past the end": ["dicom_truncated", head(), identity, element(0x00281000, "LO", "", 50)],
    "half an element header": ["dicom_truncated", head(), image, Buffer.from("e17f10", "hex")],
    "explicit VR called implicit": ["dicom_corrupt", head("1.2.840.10008.1.2"), image],
    "two values for one identifier": [
      "dicom_corrupt",
      head(),
      identity,
      element(0x00100020, "LO", "OTHER"),
      description(4, 4),
    ],
    "something behind the data set": ["dicom_corrupt", head(), image, new Uint8Array(8), Buffer.from("hidden")],
    "compressed data cut short": [
      "dicom_truncated",
      head(deflated),
      deflateRawSync(Buffer.concat([image, Buffer.alloc(9)])).subarray(0, 80),
    ],
    "compressed data that is none": ["dicom_corrupt", head(deflated), Buffer.alloc(500, 0x77)],
    "a syntax nobody knows": ["transfer_syntax_unknown", head("1.2.3.4.5"), image],
  };
  for (const [name, [code, ...pieces]] of Object.entries(cases)) {
    test(name, async () => {
      expect(await inspected(...pieces)).toMatchObject({ kind: "refused", code });
    });
  }

  test("a class of its own is taken where it is named", async () => {
    const own = Buffer.from(
      image.toString("latin1").replaceAll(secondaryCapture, "1.2.3.456.789.1011.12.131"),
      "latin1",
    );
    expect(await inspected(head(), own)).toMatchObject({ kind: "refused", code: "sop_class_unsupported" });
    const taken = await inspectedWith({ extraSopClasses: ["1.2.3.456.789.1011.12.131"] }, head(), own);
    expect(taken).toMatchObject({ kind: "instance" });
  });

  test("a file that is not there is an error of the system", async () => {
    await expect(inspect("nowhere/made.dcm")).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("values", () => {
  test("control characters never come out", async () => {
    const named = Buffer.from(image.toString("latin1").replace("MADE^UP ", "MADE\r\nUP"), "latin1");
    const instance = await accepted(head(), named);
    expect(instance.patientName).toBe("MADE  UP");
    expect(warnings(instance)).toEqual(["value_irregular"]);
  });

  test.each<[string, string[]]>([
    ["20260102", ["value_irregular"]],
    ["20260101", []],
    ["2025.12.31", []],
    ["20250230", ["value_irregular"]],
  ])("study date %s", async (date, codes) => {
    expect(warnings(await accepted(head(), element(0x00080012, "DA", "20250101"), dated(date)))).toEqual(codes);
  });
  const dated = (date: string): Buffer =>
    Buffer.concat([identity, element(0x00080020, "DA", date), image.subarray(identity.length)]);

  test("numbers written as UN are little endian in any syntax", async () => {
    const unknown = [0x00280010, 0x00280011].map((tag) => element(tag, "UN", short(4)));
    const pixels = element(0x7fe00010, "OW", new Uint8Array(16));
    const other = element(0x00280100, "US", short(8));
    expect(warnings(await accepted(head(), identity, ...unknown, other, pixels))).toEqual([]);
  });
});
