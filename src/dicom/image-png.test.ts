import { describe, expect, test } from "bun:test";
import { deflateSync } from "node:zlib";
import { captured, type MadePng, madePng, pixelBytes, pngChunk } from "./image-made.ts";

const code = (picture: Uint8Array) =>
  captured(picture).then(
    () => "accepted",
    (error) => error.code,
  );
const size = { width: 13, height: 11 } as const;
const levels = (bits: number) => 2 ** bits;
/** All values of a sample, in every place of a byte. */
const sample = (bits: number) => (x: number, y: number, channel: number) =>
  Math.floor(((x * 7919 + y * 104_729 + channel * 1299) * 2654435761) % levels(bits));

/** The pixels that must come out, worked out from the samples alone. */
function expected(made: MadePng, pixel: (x: number, y: number) => readonly number[], bytes: 1 | 2): Buffer {
  const values = Array.from({ length: made.height }, (_, y) =>
    Array.from({ length: made.width }, (_, x) => pixel(x, y)),
  );
  const flat = values.flat(2);
  const out = Buffer.alloc(flat.length * bytes);
  for (const [index, value] of flat.entries()) out.writeUIntLE(value, index * bytes, bytes);
  return out;
}

const palette = Buffer.from(Array.from({ length: 48 }, (_, index) => (index * 37) & 255));
const allFilters = [0, 1, 2, 3, 4];
const gray = (bits: MadePng["bits"]): MadePng => ({
  ...size,
  bits,
  type: 0,
  sample: sample(bits),
  filters: allFilters,
});

describe("every pixel comes out as it was", () => {
  const rows: readonly (readonly [string, MadePng, (x: number, y: number) => readonly number[]])[] = [
    ...([1, 2, 4, 8] as const).map(
      (bits) =>
        [
          `gray of ${bits} bits`,
          gray(bits),
          (x: number, y: number) => [(sample(bits)(x, y, 0) * 255) / (levels(bits) - 1)],
        ] as const,
    ),
    ["gray of 16 bits", gray(16), (x, y) => [sample(16)(x, y, 0)]],
    ["RGB", { ...gray(8), type: 2 }, (x, y) => [0, 1, 2].map((c) => sample(8)(x, y, c))],
    [
      "RGB of 16 bits, to the nearest of 8",
      { ...gray(16), type: 2 },
      (x, y) => [0, 1, 2].map((c) => Math.round((sample(16)(x, y, c) * 255) / 65_535)),
    ],
    ...([1, 2, 4, 8] as const).map(
      (bits) =>
        [
          `palette of ${bits} bits`,
          {
            ...gray(bits),
            type: 3,
            sample: (x: number, y: number) => sample(Math.min(bits, 4))(x, y, 0),
            before: [pngChunk("PLTE", palette)],
          },
          (x: number, y: number) => [...palette.subarray(3 * sample(Math.min(bits, 4))(x, y, 0)).subarray(0, 3)],
        ] as const,
    ),
    [
      "alpha, laid on black",
      { ...gray(8), type: 6 },
      (x, y) => [0, 1, 2].map((c) => Math.round((sample(8)(x, y, c) * sample(8)(x, y, 3)) / 255)),
    ],
    [
      "gray of 16 bits with alpha",
      { ...gray(16), type: 4 },
      (x, y) => [Math.round((sample(16)(x, y, 0) * sample(16)(x, y, 1)) / 65_535)],
    ],
    [
      "a transparent gray",
      { ...gray(2), before: [pngChunk("tRNS", Buffer.from([0, 2]))] },
      (x, y) => [sample(2)(x, y, 0) === 2 ? 0 : sample(2)(x, y, 0) * 85],
    ],
  ];
  for (const [name, made, pixel] of rows)
    for (const interlaced of [false, true])
      test(`${name}${interlaced ? ", interlaced" : ""}`, async () => {
        const { bytes, transferSyntaxUID } = await captured(madePng({ ...made, interlaced }));
        const wide = made.bits === 16 && (made.type === 0 || made.type === 4) ? 2 : 1;
        const pixels = expected(made, pixel, wide);
        expect(transferSyntaxUID).toBe("1.2.840.10008.1.2.1");
        expect(pixelBytes(bytes).subarray(0, pixels.length).equals(pixels)).toBe(true);
        expect(pixelBytes(bytes).length).toBe(pixels.length + (pixels.length % 2));
      });
  test("pictures smaller than the first passes", async () => {
    for (const [width, height] of [
      [1, 1],
      [2, 3],
      [5, 1],
      [1, 9],
    ] as const) {
      const made = { ...gray(8), width, height, interlaced: true };
      const pixels = expected(made, (x, y) => [sample(8)(x, y, 0)], 1);
      const { bytes } = await captured(madePng(made));
      expect(pixelBytes(bytes).subarray(0, pixels.length).equals(pixels)).toBe(true);
    }
  });
});

describe("what is changed is told", () => {
  const told = async (made: MadePng) => (await captured(madePng(made))).codes;
  test("16 bits a colour", async () => expect(await told({ ...gray(16), type: 2 })).toEqual(["image_depth_reduced"]));
  test("16 bits of gray stay, and nothing is told", async () => expect(await told(gray(16))).toEqual([]));
  test("transparent parts", async () =>
    expect(await told({ ...gray(8), type: 6 })).toEqual(["image_transparency_removed"]));
  test("an alpha that hides nothing is not told", async () =>
    expect(await told({ ...gray(8), type: 6, sample: (_x, _y, channel) => (channel === 3 ? 255 : 9) })).toEqual([]));
});

describe("what is not whole is refused", () => {
  const sound = madePng(gray(8));
  const idat = sound.indexOf("IDAT");
  const withData = (data: Uint8Array, before: readonly Buffer[] = []) =>
    Buffer.concat([sound.subarray(0, 33), ...before, pngChunk("IDAT", data), pngChunk("IEND", new Uint8Array())]);
  const rows14 = (count: number) => deflateSync(Buffer.alloc(14 * count));
  /** One bit of it changed. */
  const spoiled = (at: number): Buffer => {
    const copy = Buffer.from(sound);
    copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
    return copy;
  };
  const rows: readonly (readonly [string, Uint8Array, string])[] = [
    ["a bit of its data", spoiled(idat + 6), "image_corrupt"],
    ["the checksum of its data", spoiled(sound.indexOf("IDAT", idat + 4) - 5), "image_corrupt"],
    ["the checksum of its header", spoiled(32), "image_corrupt"],
    ["no end", sound.subarray(0, -12), "image_truncated"],
    ["half of it", sound.subarray(0, idat + 20), "image_truncated"],
    ["the signature alone", sound.subarray(0, 8), "image_truncated"],
    ["a row too few", withData(rows14(10)), "image_corrupt"],
    ["a row too many", withData(rows14(12)), "image_corrupt"],
    ["exactly its rows", withData(rows14(11)), "accepted"],
    ["data that is no zlib", withData(Buffer.from("nothing packed")), "image_corrupt"],
    ["zlib cut short", withData(rows14(11).subarray(0, -5)), "image_corrupt"],
    ["a filter that does not exist", withData(deflateSync(Buffer.alloc(14 * 11, 9))), "image_corrupt"],
    ["no palette", madePng({ ...gray(8), type: 3 }), "image_corrupt"],
    [
      "a colour past the palette",
      madePng({ ...gray(8), type: 3, before: [pngChunk("PLTE", palette)] }),
      "image_corrupt",
    ],
    ["a palette that is too long", withData(rows14(11), [pngChunk("PLTE", Buffer.alloc(771))]), "image_corrupt"],
  ];
  for (const [name, picture, verdict] of rows) test(name, async () => expect(await code(picture)).toBe(verdict));
});

describe("T20: bombs", () => {
  test("data that opens to far more than the picture is given up", async () => {
    const bomb = Buffer.concat([
      madePng(gray(8)).subarray(0, 33),
      pngChunk("IDAT", deflateSync(Buffer.alloc(200_000_000), { level: 9 })),
      pngChunk("IEND", new Uint8Array()),
    ]);
    Bun.gc(true);
    const before = process.memoryUsage.rss();
    expect(await code(bomb)).toBe("image_corrupt");
    expect(process.memoryUsage.rss() - before).toBeLessThan(100_000_000);
  });
  test("text and profiles are never unpacked", async () => {
    const zeros = deflateSync(Buffer.alloc(50_000_000), { level: 9 });
    const text = pngChunk("zTXt", Buffer.concat([Buffer.from("Comment\0\0"), zeros]));
    const profile = pngChunk("iCCP", Buffer.concat([Buffer.from("profile\0\0"), zeros]));
    const { bytes } = await captured(madePng({ ...gray(8), before: [text, profile] }));
    expect(bytes.length).toBeLessThan(3000);
  });
  test("more pixels, or longer sides, than are taken", async () => {
    const sized = (width: number, height: number) => {
      const header = Buffer.alloc(13);
      header.writeUInt32BE(width, 0);
      header.writeUInt32BE(height, 4);
      header.set([1, 0, 0, 0, 0], 8);
      return Buffer.concat([
        madePng(gray(8)).subarray(0, 8),
        pngChunk("IHDR", header),
        pngChunk("IEND", new Uint8Array()),
      ]);
    };
    expect(await code(sized(60_000, 60_000))).toBe("image_too_large");
    expect(await code(sized(10_000, 10_001))).toBe("image_too_large");
    expect(await code(sized(65_536, 1))).toBe("image_too_large");
    expect(await code(sized(65_535, 1))).toBe("image_corrupt");
    expect(await code(sized(0, 5))).toBe("image_corrupt");
  });
});
