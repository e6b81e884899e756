import { describe, expect, test } from "bun:test";
import { decode } from "fast-png";
import { captured, exif, madeJpeg, madePng, pixelBytes, withSegment } from "./image-made.ts";

const code = (picture: Uint8Array) =>
  captured(picture).then(
    () => "accepted",
    (error) => error.code,
  );
const sound = await madeJpeg(100, 80);
const progressive = await madeJpeg(100, 80, { progressive: true });
const scanAt = sound.indexOf(Buffer.from([0xff, 0xda]));
const frameAt = sound.indexOf(Buffer.from([0xff, 0xc0]));
const changed = (at: number, ...bytes: number[]) => {
  const copy = Buffer.from(sound);
  copy.set(bytes, at);
  return copy;
};
const jpegBaseline = "1.2.840.10008.1.2.4.50";
const adobe = (transform: number) => Buffer.from([...Buffer.from("Adobe"), 0, 100, 0, 0, 0, 0, transform]);
/** Without JFIF, so that other signs speak. */
const bare = Buffer.concat([sound.subarray(0, 2), sound.subarray(2 + 2 + sound.readUInt16BE(4))]);

/** Components named R, G and B, in frame and scan. */
function lettered(jpeg: Buffer): Buffer {
  const copy = Buffer.from(jpeg);
  const [frame, scan] = [jpeg.indexOf(Buffer.from([0xff, 0xc0])), jpeg.indexOf(Buffer.from([0xff, 0xda]))];
  for (const [index, letter] of [...Buffer.from("RGB")].entries()) {
    copy[frame + 10 + 3 * index] = letter;
    copy[scan + 5 + 2 * index] = letter;
  }
  return copy;
}

describe("a baseline JPEG", () => {
  test("keeps its compressed data; application segments and comments are gone", async () => {
    const tagged = withSegment(withSegment(sound, 0xe1, exif(1)), 0xfe, Buffer.from("SECRET"));
    const { bytes, codes, transferSyntaxUID } = await captured(tagged);
    const stored = pixelBytes(bytes);
    expect(transferSyntaxUID).toBe(jpegBaseline);
    expect(codes).toEqual([]);
    expect(stored.includes(sound.subarray(scanAt))).toBe(true);
    for (const gone of ["Exif", "SERIAL", "SECRET", "JFIF"]) expect(bytes.includes(gone)).toBe(false);
    const decoded = await new Bun.Image(stored).metadata();
    expect(decoded).toMatchObject({ width: 100, height: 80, format: "jpeg" });
  });
  test("ends at its EOI, whatever lies behind", async () => {
    const { bytes } = await captured(Buffer.concat([sound, Buffer.from("PK\x03\x04 an archive")]));
    expect(bytes.includes("an archive")).toBe(false);
    expect(
      pixelBytes(bytes)
        .subarray(-3)
        .includes(Buffer.from([0xff, 0xd9])),
    ).toBe(true);
  });
});

describe("restart markers", async () => {
  /** One unit of 16 × 16, said four times: each interval starts anew, so its code is the same. */
  const one = await madeJpeg(16, 16);
  const scan = one.indexOf(Buffer.from([0xff, 0xda]));
  const [frame, data] = [one.indexOf(Buffer.from([0xff, 0xc0])), scan + 2 + one.readUInt16BE(scan + 2)];
  const unit = one.subarray(data, -2);
  const four = (...marks: readonly number[]): Buffer => {
    const head = Buffer.from(one.subarray(0, data));
    head.writeUInt16BE(64, frame + 7);
    const interval = Buffer.from([0xff, 0xdd, 0, 4, 0, 1]);
    const units = marks.map((mark) => Buffer.concat([Buffer.from([0xff, mark]), unit]));
    return Buffer.concat([head.subarray(0, scan), interval, head.subarray(scan), unit, ...units, one.subarray(-2)]);
  };
  const rows: readonly (readonly [string, readonly number[], string])[] = [
    ["in order", [0xd0, 0xd1, 0xd2], "accepted"],
    ["out of order", [0xd0, 0xd2, 0xd1], "image_corrupt"],
    ["one too few", [0xd0, 0xd1], "image_corrupt"],
    ["one too many", [0xd0, 0xd1, 0xd2, 0xd3], "image_corrupt"],
    ["none", [], "image_corrupt"],
  ];
  for (const [name, marks, verdict] of rows) test(name, async () => expect(await code(four(...marks))).toBe(verdict));
});

describe("what archives would show wrongly is encoded anew", () => {
  const rows: readonly (readonly [string, Buffer, readonly string[]])[] = [
    ["progressive", progressive, ["image_reencoded"]],
    ["RGB by Adobe's transform", withSegment(bare, 0xee, adobe(0)), ["image_reencoded"]],
    ["YCbCr by Adobe's transform", withSegment(bare, 0xee, adobe(1)), []],
    ["no sign but its components", bare, []],
    ["RGB by its components' letters", lettered(bare), ["image_reencoded"]],
    ["YCbCr by JFIF, which its components' letters deny", lettered(sound), ["image_reencoded"]],
    ["extended of 8 bits", changed(frameAt + 1, 0xc1), ["image_reencoded"]],
  ];
  for (const [name, picture, codes] of rows)
    test(name, async () => {
      const made = await captured(picture);
      expect(made.codes.map(String)).toEqual([...codes]);
      const stored = pixelBytes(made.bytes);
      expect(stored.includes(Buffer.from([0xff, 0xc0]))).toBe(true);
      expect(made.transferSyntaxUID).toBe(jpegBaseline);
      const ratios = codes.length > 0 ? "ISO_10918_1\\ISO_10918_1" : "ISO_10918_1";
      expect(made.bytes.includes(ratios)).toBe(true);
    });
});

test("scans without end are not opened: they would keep every other picture waiting for hours", async () => {
  const last = progressive.lastIndexOf(Buffer.from([0xff, 0xda]));
  const scans = (count: number) =>
    Buffer.concat([progressive.subarray(0, last), ...Array<Buffer>(count).fill(progressive.subarray(last, -2))]);
  const end = Buffer.from([0xff, 0xd9]);
  expect(await code(Buffer.concat([scans(2), end]))).toBe("accepted");
  expect(await code(Buffer.concat([scans(101), end]))).toBe("image_kind_unsupported");
});

describe("a picture that lies on its side is stored upright", () => {
  const [width, height] = [64, 32];
  /** Red and green above blue and white. */
  const quarters = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [255, 255, 255],
  ] as const;
  const upright = (x: number, y: number) => quarters[(y * 2 >= height ? 2 : 0) + (x * 2 >= width ? 1 : 0)] ?? [];
  /** Where in the upright picture a stored pixel comes from, in a picture stored w × h (EXIF 2.3, tag 0112H). */
  const origins: Readonly<Record<number, (x: number, y: number, w: number, h: number) => readonly [number, number]>> = {
    1: (x, y) => [x, y],
    2: (x, y, w) => [w - 1 - x, y],
    3: (x, y, w, h) => [w - 1 - x, h - 1 - y],
    4: (x, y, _w, h) => [x, h - 1 - y],
    5: (x, y) => [y, x],
    6: (x, y, _w, h) => [h - 1 - y, x],
    7: (x, y, w, h) => [h - 1 - y, w - 1 - x],
    8: (x, y, w) => [y, w - 1 - x],
  };
  for (const [orientation, origin] of Object.entries(origins))
    for (const little of [false, true])
      test(`orientation ${orientation}, ${little ? "little" : "big"} endian`, async () => {
        const [w, h] = Number(orientation) > 4 ? [height, width] : [width, height];
        const sample = (x: number, y: number, channel: number) => upright(...origin(x, y, w, h))[channel] ?? 0;
        const lying = await new Bun.Image(madePng({ width: w, height: h, bits: 8, type: 2, sample })).jpeg().buffer();
        const made = await captured(withSegment(lying, 0xe1, exif(Number(orientation), little)));
        expect(made.codes.map(String)).toEqual(orientation === "1" ? [] : ["image_reencoded"]);
        const shown = decode(await new Bun.Image(pixelBytes(made.bytes)).png().bytes());
        expect([shown.width, shown.height]).toEqual([width, height]);
        for (const [x, y] of [
          [8, 8],
          [56, 8],
          [8, 24],
          [56, 24],
        ] as const)
          for (let channel = 0; channel < 3; channel++) {
            const value = shown.data[(y * width + x) * shown.channels + channel] ?? -1;
            expect(Math.abs(value - (upright(x, y)[channel] ?? 0))).toBeLessThan(16);
          }
      });
  test("an EXIF block that makes no sense turns nothing", async () => {
    for (const block of [exif(9), exif(6).subarray(0, 14), Buffer.from("Exif\0\0MM\0*\xff\xff\xff\xff", "latin1")])
      expect((await captured(withSegment(sound, 0xe1, block))).header).toMatchObject({ orientation: 1 });
  });
});

describe("what is not whole is refused", () => {
  const eoi = Buffer.from([0xff, 0xd9]);
  const middle = (scanAt + sound.length) >> 1;
  const rows: readonly (readonly [string, Uint8Array, string])[] = [
    ["no EOI", sound.subarray(0, -2), "image_truncated"],
    ["cut in the middle", sound.subarray(0, middle), "image_truncated"],
    ["cut in the header", sound.subarray(0, frameAt + 6), "image_truncated"],
    ["cut in the middle, with an EOI set behind", Buffer.concat([sound.subarray(0, middle), eoi]), "image_corrupt"],
    [
      "a piece of its scan lost",
      Buffer.concat([sound.subarray(0, middle), sound.subarray(middle + 200)]),
      "image_corrupt",
    ],
    [
      "a piece of its scan twice",
      Buffer.concat([sound.subarray(0, middle), sound.subarray(middle - 200)]),
      "image_corrupt",
    ],
    ["no scan", Buffer.concat([sound.subarray(0, scanAt), eoi]), "image_truncated"],
    ["a quantisation table lost", changed(sound.indexOf(Buffer.from([0xff, 0xdb])) + 1, 0xec), "image_corrupt"],
    ["height 0", changed(frameAt + 5, 0, 0), "image_corrupt"],
    ["half its height hidden", changed(frameAt + 5, 0, 40), "image_corrupt"],
    [
      "two frame headers",
      Buffer.concat([sound.subarray(0, scanAt), sound.subarray(frameAt, frameAt + 19), sound.subarray(scanAt)]),
      "image_corrupt",
    ],
    ["lossless", changed(frameAt + 1, 0xc3), "image_kind_unsupported"],
    ["12 bits", changed(frameAt + 4, 12), "image_kind_unsupported"],
    ["65 500 × 65 500", changed(frameAt + 5, 255, 220, 255, 220), "image_too_large"],
  ];
  for (const [name, picture, verdict] of rows) test(name, async () => expect(await code(picture)).toBe(verdict));
});
