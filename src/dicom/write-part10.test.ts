import { describe, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "./inspect.ts";
import { dictionary } from "./write-dictionary.ts";
import type { NewDataSet } from "./write-elements.ts";
import { part10Pieces, writePart10 } from "./write-part10.ts";
import { fits, fitted, UnwritableValue } from "./write-values.ts";

const secondaryCapture = "1.2.840.10008.5.1.4.1.1.7";
const explicitLE = "1.2.840.10008.1.2.1";
const jpegBaseline = "1.2.840.10008.1.2.4.50";
const file = (dataSet: NewDataSet, transferSyntaxUID = explicitLE) => ({
  sopClassUID: secondaryCapture,
  sopInstanceUID: "2.25.1",
  transferSyntaxUID,
  dataSet,
});
const identity = {
  PatientName: "Müller^Jürgen=山田^太郎",
  PatientID: "ü",
  StudyInstanceUID: "2.25.2",
  SeriesInstanceUID: "2.25.3",
  Modality: "OT",
} as const;
const image = { Rows: 1, Columns: 3, SamplesPerPixel: 1, PhotometricInterpretation: "MONOCHROME2" } as const;
const hex = (dataSet: NewDataSet) => Buffer.from(writePart10(file(dataSet))).toString("hex");

async function inspected(bytes: Uint8Array) {
  const folder = await mkdtemp(join(tmpdir(), "relaypacs-write-"));
  try {
    await writeFile(join(folder, "made.dcm"), bytes);
    return await inspect(join(folder, "made.dcm"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("the dictionary is in the order of the tags", () => {
  const tags = Object.values(dictionary).map(([tag]) => tag as number);
  expect(tags).toEqual(tags.toSorted((a, b) => a - b));
});

describe("what is written is read again", () => {
  test("names of all scripts, in UTF-8", async () => {
    const pixels = { ...image, BitsAllocated: 8, PixelData: new Uint8Array(3) };
    const found = await inspected(writePart10(file({ ...identity, ...pixels })));
    expect(found).toMatchObject({
      kind: "instance",
      patientName: "Müller^Jürgen=山田^太郎",
      patientID: "ü",
      head: null,
    });
    expect(found).toMatchObject({ warnings: [] });
  });
  test("a compressed frame of odd length", async () => {
    const pixels = { ...image, BitsAllocated: 8, PixelData: { frame: [new Uint8Array(332), new Uint8Array(1)] } };
    const found = await inspected(writePart10(file({ ...identity, ...pixels }, jpegBaseline)));
    expect(found).toMatchObject({ kind: "instance", transferSyntaxUID: jpegBaseline, warnings: [] });
  });
});

describe("the bytes of an element", () => {
  test("text is padded with a space, a UID and bytes with NUL (PS3.5 6.2)", () => {
    expect(hex({ PatientID: "abc" })).toEndWith("100020004c4f040061626320");
    expect(hex({ StudyInstanceUID: "1.2" })).toEndWith("20000d0055490400312e3200");
    expect(hex({ BitsAllocated: 8, PixelData: new Uint8Array([1, 2, 3]) })).toEndWith(
      "e07f10004f4200000400000001020300",
    );
  });
  test("samples of more than 8 bits are OW (PS3.5 8.1.2)", () => {
    const words = hex({ BitsAllocated: 16, PixelData: new Uint8Array([1, 2]) });
    expect(words).toEndWith("e07f10004f570000020000000102");
  });
  test("a frame stands behind an offset table with one offset, padded to even (PS3.5 A.4)", () => {
    const frame = hex({ PixelData: { frame: [new Uint8Array([1]), new Uint8Array([2, 3])] } });
    expect(frame).toEndWith(
      "e07f10004f420000ffffffff" + "feff00e00400000000000000" + "feff00e00400000001020300" + "feffdde000000000",
    );
  });
  test("a sequence holds items of stated length", () => {
    const sequence = hex({ ReferencedSOPSequence: [{ ReferencedSOPInstanceUID: "1.2" }, {}] });
    expect(sequence).toEndWith(
      "080099115351" + "00001c000000" + "feff00e00c000000" + "0800551155490400312e3200" + "feff00e000000000",
    );
  });
  test("several values are parted by a backslash, and numbers written as text where the VR is one", () => {
    expect(hex({ ImageType: ["DERIVED", "SECONDARY"] })).toContain(Buffer.from("DERIVED\\SECONDARY ").toString("hex"));
    expect(hex({ InstanceNumber: 7 })).toEndWith("2000130049530200" + "3720");
    expect(hex({ LossyImageCompressionRatio: 100 / 3 })).toEndWith(Buffer.from("33.33333333 ").toString("hex"));
  });
  test("an empty value is an empty element, undefined is none", () => {
    expect(hex({ PatientID: "", Rows: [] })).toEndWith("100020004c4f0000" + "2800100055530000");
    expect(hex({ PatientID: undefined })).toBe(hex({}));
  });
  test("bytes that follow are announced only", () => {
    const pieces = part10Pieces(file({ BitsAllocated: 16, PixelData: { following: 300_000_000 } }));
    expect(Buffer.concat(pieces).toString("hex")).toEndWith("e07f10004f57000000a3e111");
  });
});

describe("what does not fit its VR is refused, by the attribute's name alone", () => {
  const rows: readonly (readonly [string, NewDataSet])[] = [
    ["a long patient ID", { PatientID: "x".repeat(65) }],
    ["a long group of a name", { PatientName: `A=${"x".repeat(65)}` }],
    ["a fourth group of a name", { PatientName: "A=B=C=D" }],
    ["a backslash in one value", { StudyDescription: "x\\y" }],
    ["a control character", { StudyDescription: "x\u0007" }],
    ["half a character", { StudyDescription: "x\ud800" }],
    ["a small letter in a code", { Modality: "xc" }],
    ["a date of other form", { StudyDate: "2024-01-02" }],
    ["a time of other form", { StudyTime: "12:30" }],
    ["a UID with letters", { StudyInstanceUID: "1.x" }],
    ["a UID with a leading zero", { StudyInstanceUID: "1.02" }],
    ["a number that is none", { InstanceNumber: "x" }],
    ["a number past its bits", { Rows: 65_536 }],
    ["a fraction", { Rows: 1.5 }],
    ["two values of prose", { TextValue: ["a", "b"] }],
  ];
  for (const [name, dataSet] of rows) {
    test(name, () => {
      const keyword = Object.keys(dataSet)[0] ?? "";
      expect(() => writePart10(file(dataSet))).toThrow(UnwritableValue);
      expect(() => writePart10(file(dataSet))).toThrow(new RegExp(`^${keyword} cannot be written: [a-zA-Z0-9 ]+\\.$`));
    });
  }
  test("64 characters of three bytes are 64 characters", () => {
    expect(fits("PatientID", "日".repeat(64))).toBe(true);
    expect(fits("PatientID", "日".repeat(65))).toBe(false);
  });
});

describe("descriptions are made to fit", () => {
  test("cut between two characters, and told", () => {
    expect(fitted("SeriesDescription", "💉".repeat(70))).toEqual({ text: "💉".repeat(64), cut: true });
    expect(fitted("SeriesDescription", "left\\right\n")).toEqual({ text: "left/right", cut: false });
  });
  test("prose keeps its lines and backslashes", () => {
    expect(fitted("TextValue", "a\\b\r\nc\u0007")).toEqual({ text: "a\\b\r\nc", cut: false });
  });
  test("a code is written in capitals", () => {
    expect(fitted("BodyPartExamined", "left-knee")).toEqual({ text: "LEFT KNEE", cut: false });
  });
});
