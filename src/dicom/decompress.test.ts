import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withFile } from "./byte-reader.ts";
import { Codecs } from "./codecs.ts";
import { decompressed } from "./decompress.ts";
import { inspect } from "./inspect.ts";

const data = join(import.meta.dir, "..", "..", "..", "shared", "data", "dicom");
const folder = mkdtempSync(join(tmpdir(), "relaypacs-decompress-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let codecs: Codecs | null = null;
const loaded = () => (codecs ??= Codecs.load());

async function opened(path: string, offset: number, syntax: string): Promise<Buffer> {
  return withFile(path, async (file) => {
    const made = await decompressed(file, offset, syntax, loaded);
    const bytes = Buffer.concat(await Array.fromAsync(made.pieces()));
    expect(bytes.length).toBe(made.length);
    return bytes;
  });
}

/** Of the last element of a data set that is even in itself: its value behind the 12 bytes of its header. */
function pixelsOf(dataSet: Buffer): Buffer {
  for (const vr of ["OB", "OW"]) {
    const at = dataSet.lastIndexOf(
      Buffer.concat([Buffer.from([0xe0, 0x7f, 0x10, 0]), Buffer.from(vr), Buffer.alloc(2)]),
    );
    if (at >= 0) return dataSet.subarray(at + 12, at + 12 + dataSet.readUInt32LE(at + 8));
  }
  throw new Error("no native pixel data");
}

/** SHA-256 (its first 16 digits) of the pixels as other decoders give them: DCMTK 3.6.7, GDCM 3.0.21, OpenJPH by Cornerstone's codec 2.4.11. */
const references: readonly (readonly [file: string, decoder: string, sha256: string])[] = [
  ["study-sm-seg/sm_image_jpegls_nobot", "dcmdjpls", "74ccba22c47c9a34"],
  ["study-sm-seg/sm_image_jpegls", "dcmdjpls", "74ccba22c47c9a34"],
  ["single/ct-ts-jpegls-lossless-80", "dcmdjpls", "1bee432808f49770"],
  ["single/ct-ts-jpegls-near-81", "dcmdjpls", "9595c2a8a59647d6"],
  ["single/mr-siemens-jpegll", "dcmdjpeg", "bdd9bc32d06e0b2a"],
  ["single/op-photo", "dcmdjpeg", "1bce612ae7e07d23"],
  ["single/mg-for-presentation", "dcmdjpeg", "32ceae3b3310f6e8"],
  ["single/ct-ts-jpeg-lossless-sv1-70", "dcmdjpeg", "1bee432808f49770"],
  ["single/ct-ts-jpeg-lossless-57", "dcmdjpeg", "1bee432808f49770"],
  ["single/mr-rle", "dcmdrle", "88617aaa46138fb1"],
  ["single/ct-ts-rle-5", "dcmdrle", "1bee432808f49770"],
  ["single/us-multiframe-rle-2f", "dcmdrle", "a4e8cb3611e675c7"],
  ["single/rtdose-rle", "dcmdrle", "e30a4288ac229022"],
  ["single/ot-sc-rle-32bit-2f", "dcmdrle", "3caa80cc3032f745"],
  ["single/us-no-spacing-rle", "dcmdrle", "7b1b0fc212ace6a7"],
  ["single/ct-ts-j2k-91", "gdcmconv", "ca3472c2d32b272f"],
  ["single/ct-ts-j2k-lossless-90", "gdcmconv", "1bee432808f49770"],
  ["single/ct-vr-un", "gdcmconv", "a729f6fe1e757629"],
  ["single/cr-j2k-lossless", "gdcmconv", "85480a0287e37795"],
  ["single/ot-htj2k-lossless-201", "OpenJPH", "9d87240604f5d752"],
  ["single/xa-multiframe-96f", "dcmdjpeg", "978fa8e8151d39e6"],
  ["single/ot-sc-jpeg-ybr422", "dcmdjpeg", "f8b3f1c75e9ac773"],
  ["single/us-multiframe-30f", "dcmdjpeg", "7275d2af634281c8"],
  ["single/mg-as-sc", "dcmdjpeg", "fa0952decae5a15f"],
  ["single/ct-ts-jpeg-baseline-50", "dcmdjpeg", "61a9117dd2cb9f8a"],
  ["single/ct-ts-jpeg-spectral-53", "dcmdjpeg", "85e3b617e00dc755"],
  ["single/ct-ts-jpeg-progressive-55", "dcmdjpeg", "85e3b617e00dc755"],
  ["single/ct-ts-jpeg-extended-51", "dcmdjpeg", "85e3b617e00dc755"],
  ["single/cr-jpeg-extended", "dcmdjpeg", "a0dca087f2176a3c"],
  ["single/nm-as-sc-jpeg-extended", "dcmdjpeg", "d30242775a414c01"],
];

if (existsSync(data)) {
  describe("pixels as another decoder gives them", () => {
    for (const [name, decoder, sha256] of references) {
      test(`${name}, ${decoder}`, async () => {
        const path = join(data, `${name}.dcm`);
        const found = await inspect(path);
        if (found.kind !== "instance") throw new Error(found.kind);
        const dataSet = await opened(path, found.dataSetOffset, found.transferSyntaxUID);
        const hash = new Bun.CryptoHasher("sha256").update(pixelsOf(dataSet)).digest("hex");
        expect(hash.slice(0, 16)).toBe(sha256);
      });
    }
  });
}

if (existsSync(data)) {
  test("out of lossy JPEG the image says that it lost something, and colours are RGB", async () => {
    const described = async (name: string) => {
      const found = await inspect(join(data, "single", `${name}.dcm`));
      if (found.kind !== "instance") throw new Error(found.kind);
      return opened(join(data, "single", `${name}.dcm`), found.dataSetOffset, found.transferSyntaxUID);
    };
    const angiography = await described("xa-multiframe-96f"); // which does not say so itself
    expect(angiography.includes(element(0x0028, 0x2110, "CS", "01"))).toBe(true);
    const ultrasound = await described("us-multiframe-30f");
    expect(ultrasound.includes(element(0x0028, 0x0004, "CS", "RGB"))).toBe(true);
    expect(ultrasound.includes("YBR_FULL_422")).toBe(false);
    const lossless = await described("mr-siemens-jpegll");
    expect(lossless.includes(element(0x0028, 0x2110, "CS", "01"))).toBe(false);
  });
}

const RLE = "1.2.840.10008.1.2.5";
const BASELINE = "1.2.840.10008.1.2.4.50";

const element = (group: number, number: number, vr: string, value: Buffer | string): Buffer => {
  const text = typeof value === "string" ? Buffer.from(value.length % 2 === 0 ? value : `${value} `) : value;
  const head = Buffer.alloc(8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(number, 2);
  head.write(vr, 4);
  head.writeUInt16LE(text.length, 6);
  return Buffer.concat([head, text]);
};
const us = (value: number): Buffer => Buffer.from([value & 0xff, value >> 8]);
const item = (bytes: Buffer): Buffer => {
  const head = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
};
const fragmentsOf = (...items: Buffer[]): Buffer =>
  Buffer.concat([
    Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff]),
    ...items.map(item),
    Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]),
  ]);

/** A frame of RLE whose samples are one byte: each segment repeats a value over all pixels (PS3.5 G). */
function rleFrame(pixels: number, values: readonly number[]): Buffer {
  const header = Buffer.alloc(64);
  header.writeUInt32LE(values.length, 0);
  for (const index of values.keys()) header.writeUInt32LE(64 + 2 * index, 4 + 4 * index);
  return Buffer.concat([header, ...values.map((value) => Buffer.from([257 - pixels, value]))]);
}

interface Made {
  readonly frames?: string;
  readonly samples?: number;
  readonly photometric?: string;
  readonly between?: Buffer;
  readonly pixels: Buffer;
  readonly behind?: Buffer;
}

const before = Buffer.concat([
  element(0x0008, 0x0060, "CS", "OT"),
  element(0x0009, 0x0010, "LO", "SOMEBODY"),
  element(0x0009, 0x1001, "LO", "private "),
]);
function write(made: Made): { path: string; bytes: Buffer } {
  const bytes = Buffer.concat([
    before,
    element(0x0028, 0x0000, "UL", Buffer.alloc(4)),
    element(0x0028, 0x0002, "US", us(made.samples ?? 1)),
    element(0x0028, 0x0004, "CS", made.photometric ?? "MONOCHROME2"),
    ...(made.frames === undefined ? [] : [element(0x0028, 0x0008, "IS", made.frames)]),
    element(0x0028, 0x0010, "US", us(3)),
    element(0x0028, 0x0011, "US", us(5)),
    element(0x0028, 0x0100, "US", us(8)),
    made.between ?? Buffer.alloc(0),
    made.pixels,
    made.behind ?? Buffer.alloc(0),
  ]);
  const path = join(folder, `${crypto.randomUUID()}.bin`);
  writeFileSync(path, bytes);
  return { path, bytes };
}

describe("what describes the pixels is changed, and nothing else", () => {
  test("colours side by side, odd pixel data padded, what stands before and behind as it came", async () => {
    const behind = element(0xfffc, 0xfffc, "LO", "pads");
    const { path } = write({
      samples: 3,
      photometric: "RGB",
      pixels: fragmentsOf(Buffer.alloc(0), rleFrame(15, [10, 20, 30])),
      behind,
    });
    const dataSet = await opened(path, 0, RLE);
    expect(dataSet.subarray(0, before.length)).toEqual(before);
    expect(dataSet.subarray(-behind.length)).toEqual(behind);
    const header = Buffer.from([0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, 46, 0, 0, 0]);
    const pixels = Buffer.from([...Array.from({ length: 15 }, () => [10, 20, 30]).flat(), 0]);
    const expected = Buffer.concat([
      before,
      element(0x0028, 0x0002, "US", us(3)),
      element(0x0028, 0x0004, "CS", "RGB"),
      element(0x0028, 0x0006, "US", us(0)),
      element(0x0028, 0x0010, "US", us(3)),
      element(0x0028, 0x0011, "US", us(5)),
      element(0x0028, 0x0100, "US", us(8)),
      header,
      pixels,
      behind,
    ]);
    expect(dataSet).toEqual(expected);
  });

  test("frames by their offset table, by one fragment each, and neither: told", async () => {
    const frame = (value: number) => rleFrame(15, [value]);
    const halves = (value: number) => [frame(value).subarray(0, 40), frame(value).subarray(40)];
    const table = Buffer.alloc(8);
    table.writeUInt32LE(8 + 40 + 8 + 26, 4);
    const expected = Buffer.concat([Buffer.alloc(15, 1), Buffer.alloc(15, 2)]);
    const each = write({ frames: "2", pixels: fragmentsOf(Buffer.alloc(0), frame(1), frame(2)) });
    expect(pixelsOf(await opened(each.path, 0, RLE))).toEqual(expected);
    const split = write({ frames: "2", pixels: fragmentsOf(table, ...halves(1), ...halves(2)) });
    expect(pixelsOf(await opened(split.path, 0, RLE))).toEqual(expected);
    const nobody = write({ frames: "2", pixels: fragmentsOf(Buffer.alloc(0), ...halves(1), ...halves(2)) });
    await expect(opened(nobody.path, 0, RLE)).rejects.toThrow("Nothing tells where the frames");
  });

  test("the extended offset table goes, for it belongs to fragments", async () => {
    const long = Buffer.concat([Buffer.from([0xe0, 0x7f, 0x01, 0, 0x4f, 0x56, 0, 0, 8, 0, 0, 0]), Buffer.alloc(8)]);
    const { path } = write({ between: long, pixels: fragmentsOf(Buffer.alloc(0), rleFrame(15, [7])) });
    expect((await opened(path, 0, RLE)).includes(long.subarray(0, 6))).toBe(false);
  });
});

describe("what cannot be opened is told", () => {
  const refusals: readonly (readonly [string, Made, string, string])[] = [
    [
      "a segment that ends too early",
      { pixels: fragmentsOf(Buffer.alloc(0), rleFrame(9, [7])) },
      RLE,
      "ends too early",
    ],
    ["another number of segments", { pixels: fragmentsOf(Buffer.alloc(0), rleFrame(15, [7, 8])) }, RLE, "segments"],
    ["no JPEG", { pixels: fragmentsOf(Buffer.alloc(0), Buffer.from("nothing!")) }, BASELINE, "cannot be read"],
    [
      "a syntax of video",
      { pixels: fragmentsOf(Buffer.alloc(0), Buffer.alloc(2)) },
      "1.2.840.10008.1.2.4.102",
      "cannot",
    ],
    ["a cut file", { pixels: fragmentsOf(Buffer.alloc(0), rleFrame(15, [7])).subarray(0, -12) }, RLE, "cut short"],
    ["another size", { pixels: fragmentsOf(Buffer.alloc(0), jpegOf(4, 5)) }, BASELINE, "another size"],
    ["without an end", { pixels: fragmentsOf(Buffer.alloc(0), jpegOf(3, 5)) }, BASELINE, "ends too early"],
  ];
  for (const [name, made, syntax, words] of refusals) {
    test(name, async () => {
      await expect(opened(write(made).path, 0, syntax)).rejects.toThrow(words);
    });
  }
});

/** SOI, SOF0 and the header of a scan, gray, and no end. */
function jpegOf(rows: number, columns: number): Buffer {
  const frame = [0xff, 0xc0, 0, 11, 8, 0, rows, 0, columns, 1, 1, 0x11, 0];
  return Buffer.from([0xff, 0xd8, ...frame, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0]);
}
