import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { readImageHeader } from "./image-header.ts";
import { toSecondaryCapture } from "./secondary-capture.ts";
import type { SecondaryCaptureContext } from "./secondary-capture-data-set.ts";

/** Pictures and what they belong to, made for the tests. */
export const madeContext: SecondaryCaptureContext = {
  patient: { name: "Müller^Jürgen=山田^太郎", id: "P-1", birthDate: "19700131", sex: "M" },
  study: {
    studyInstanceUID: "2.25.21",
    date: "20250102",
    time: "101500",
    id: "S-1",
    description: "CT Schädel",
    accessionNumber: "A-1",
    referringPhysicianName: "Beispiel^Anna^^Dr.",
  },
  series: { seriesInstanceUID: "2.25.22", number: 900, description: "Bilder", modality: "", bodyPart: "Head" },
  sopInstanceUID: "2.25.23",
  instanceNumber: 1,
  now: new Date(2025, 0, 2, 11, 30, 5),
};

/** Calls with a folder of its own that is gone afterwards. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "relaypacs-images-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A picture's bytes as a Secondary Capture: the file's bytes and what was told. */
export const captured = (picture: Uint8Array, context: SecondaryCaptureContext = madeContext) =>
  inFolder(async (folder) => {
    const [from, into] = [join(folder, "picture"), join(folder, "made.dcm")];
    await Bun.write(from, picture);
    const header = await readImageHeader(from);
    const { warnings, ...made } = await toSecondaryCapture(from, header, context, into);
    return {
      ...made,
      header,
      codes: warnings.map(({ code }) => code),
      bytes: Buffer.from(await Bun.file(into).bytes()),
    };
  });

/** The value of Pixel Data in Explicit VR: native bytes, or the one fragment's, with their padding. */
export function pixelBytes(object: Buffer): Buffer {
  const at = object.indexOf(Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f]));
  const length = object.readUInt32LE(at + 8);
  if (length !== 0xffffffff) return object.subarray(at + 12, at + 12 + length);
  // PS3.5 A.4: the offset table's item of 4 bytes, then the fragment's.
  return object.subarray(at + 32, at + 32 + object.readUInt32LE(at + 28));
}

export const pngChunk = (type: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  crc.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, crc]);
};

export interface MadePng {
  readonly width: number;
  readonly height: number;
  readonly bits: 1 | 2 | 4 | 8 | 16;
  /** 0 gray, 2 RGB, 3 palette, 4 gray with alpha, 6 RGBA. */
  readonly type: 0 | 2 | 3 | 4 | 6;
  readonly interlaced?: boolean;
  /** 0 to 4; each row takes the next. */
  readonly filters?: readonly number[];
  /** Chunks between IHDR and the pixels. */
  readonly before?: readonly Buffer[];
  readonly sample: (x: number, y: number, channel: number) => number;
}

const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const;
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** Writes a PNG out of its samples; filters straight from PNG 9.2, by bytes that are not filtered. */
export function madePng(made: MadePng): Buffer {
  const rows = (made.interlaced ? adam7 : [[0, 0, 1, 1] as const]).map((pass) => passRows(made, pass));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(made.width, 0);
  header.writeUInt32BE(made.height, 4);
  header.set([made.bits, made.type, 0, 0, made.interlaced ? 1 : 0], 8);
  const packed = deflateSync(Buffer.concat(rows));
  const middle = packed.length >> 1;
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    pngChunk("IHDR", header),
    ...(made.before ?? []),
    pngChunk("IDAT", packed.subarray(0, middle)),
    pngChunk("IDAT", packed.subarray(middle)),
    pngChunk("IEND", new Uint8Array()),
  ]);
}

function passRows(made: MadePng, [x0, y0, stepX, stepY]: readonly [number, number, number, number]): Buffer {
  const { width, height, bits, type, filters = [0] } = made;
  const pixels = Math.ceil((width - x0) / stepX);
  if (pixels <= 0) return Buffer.alloc(0);
  const length = Math.ceil((pixels * channels[type] * bits) / 8);
  const back = Math.max(1, (channels[type] * bits) / 8);
  let above = Buffer.alloc(length);
  const rows: Buffer[] = [];
  for (let y = y0; y < height; y += stepY) {
    const row = Buffer.alloc(length);
    for (let x = 0; x < pixels; x++)
      for (let channel = 0; channel < channels[type]; channel++) {
        const value = made.sample(x0 + x * stepX, y, channel);
        const at = (x * channels[type] + channel) * bits;
        if (bits === 16) row.writeUInt16BE(value, at >> 3);
        else row[at >> 3] = (row[at >> 3] ?? 0) | (value << (8 - bits - (at & 7)));
      }
    const filter = filters[rows.length % filters.length] ?? 0;
    const guess = (at: number): number => {
      const [a, b, c] = [row[at - back] ?? 0, above[at] ?? 0, above[at - back] ?? 0];
      const nearest = [a, b, c].toSorted((one, two) => Math.abs(a + b - c - one) - Math.abs(a + b - c - two))[0] ?? 0;
      return [0, a, b, (a + b) >> 1, nearest][filter] ?? 0;
    };
    rows.push(Buffer.from([filter, ...row.map((byte, at) => byte - guess(at))]));
    above = row;
  }
  return Buffer.concat(rows);
}

/** A smooth picture in colour; encoders make all kinds of JPEG out of it. */
export const madePicture = (width: number, height: number): Buffer =>
  madePng({
    width,
    height,
    bits: 8,
    type: 2,
    sample: (x, y, channel) => (x * 5 + y * 3 * (channel + 1) + 40 * channel) & 255,
  });

export const madeJpeg = (width: number, height: number, options: { progressive?: boolean } = {}): Promise<Buffer> =>
  new Bun.Image(madePicture(width, height)).jpeg({ quality: 80, ...options }).buffer();

/** A segment behind SOI. */
export function withSegment(jpeg: Buffer, marker: number, contents: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(contents.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, contents, jpeg.subarray(2)]);
}

/** EXIF with an orientation, and a text that must not travel. */
export function exif(orientation: number, little = false): Buffer {
  const tiff = Buffer.alloc(26);
  tiff.write(little ? "II*\0" : "MM\0*", "latin1");
  const short = (value: number, at: number) => (little ? tiff.writeUInt16LE(value, at) : tiff.writeUInt16BE(value, at));
  const long = (value: number, at: number) => (little ? tiff.writeUInt32LE(value, at) : tiff.writeUInt32BE(value, at));
  long(8, 4);
  short(1, 8);
  short(0x0112, 10);
  short(3, 12);
  long(1, 14);
  short(orientation, 18);
  return Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff, Buffer.from("SERIAL-4711")]);
}

/** The process that encodes a picture, as soon as it runs. */
export async function encoderPid(): Promise<number> {
  for (;;) {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      const read = (name: string) => {
        try {
          return readFileSync(`/proc/${pid}/${name}`, "utf8");
        } catch {
          return ""; // gone meanwhile
        }
      };
      // proc(5): the parent is the second field behind the name in parentheses.
      const parent = read("stat").split(") ").at(-1)?.split(" ")[1];
      if (parent === String(process.pid) && read("cmdline").includes("encode-picture")) return Number(pid);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
