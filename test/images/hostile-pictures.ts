import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { exif, madeJpeg, madePng, pngChunk, withSegment } from "../../src/dicom/image-made.ts";
import { makeZip } from "../../src/intake/make-zip.fixture.ts";
import { fileOf, type SendFile } from "../support/client.ts";
import { sharedData } from "../support/shared-data.ts";

/** A picture made to harm, and the code it is refused with; null: the picture in it is sound and goes. */
export interface HostilePicture {
  readonly file: SendFile;
  readonly refused: string | null;
}

/** Stands behind or inside pictures, and must not travel. */
export const stowaway = "Qzxstowaway";

const textBomb = (megabytes: number): Buffer =>
  pngChunk("zTXt", Buffer.concat([Buffer.from("Comment\0\0"), deflateSync(Buffer.alloc(megabytes * 1_048_576))]));

/** A PNG whose header says so much and whose data are zeros of that length in full, or of one row. */
function pngOf(width: number, height: number, bytes: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    pngChunk("IHDR", header),
    pngChunk("IDAT", deflateSync(Buffer.alloc(bytes))),
    pngChunk("IEND", new Uint8Array()),
  ]);
}

/** Another size in a JPEG's frame header. */
function resized(jpeg: Buffer, side: number): Buffer {
  const changed = Buffer.from(jpeg);
  const frame = changed.indexOf(Buffer.from([0xff, 0xc0]));
  changed.writeUInt16BE(side, frame + 5);
  changed.writeUInt16BE(side, frame + 7);
  return changed;
}

const small = { width: 32, height: 24, bits: 8, type: 2, sample: (x: number, y: number) => (x * y) & 255 } as const;

/** All of them, made here; with the test data also those that lie there. */
export async function hostilePictures(): Promise<HostilePicture[]> {
  const jpeg = await madeJpeg(64, 48);
  const zip = makeZip([{ name: `${stowaway}.dcm`, data: stowaway, stored: true }]);
  const made: [string, Uint8Array, string | null][] = [
    ["header-60000.png", pngOf(60_000, 60_000, 60_001), "image_too_large"],
    ["header-65500.jpg", resized(jpeg, 65_500), "image_too_large"],
    ["more-rows-than-said.png", pngOf(100, 100, 256 * 1_048_576), "image_corrupt"],
    ["fewer-rows-than-said.png", pngOf(9_000, 9_000, 9_001), "image_corrupt"],
    ["cut.jpg", jpeg.subarray(0, jpeg.length / 2), "image_truncated"],
    ["cut.png", madePng(small).subarray(0, 100), "image_truncated"],
    ["zip-behind.jpg", Buffer.concat([jpeg, zip]), null],
    ["zip-behind.png", Buffer.concat([madePng(small), zip]), null],
    ["zip-inside.jpg", withSegment(jpeg, 0xef, zip), null],
    ["comment.jpg", withSegment(jpeg, 0xfe, Buffer.from(stowaway)), null],
    ["text-bomb.png", madePng({ ...small, before: [textBomb(64)] }), null],
    ["exif.jpg", withSegment(jpeg, 0xe1, exif(1)), null],
  ];
  return [...made.map(([name, bytes, refused]) => ({ file: { name, bytes }, refused })), ...known()];
}

function known(): HostilePicture[] {
  if (sharedData === null) return [];
  const folder = join(sharedData, "images");
  const rows: Record<string, string | null> = {
    "png-header-bomb.png": "image_too_large",
    "png-bomb-40000.png": "image_too_large",
    "jpeg-header-bomb-65500.jpg": "image_too_large",
    "jpeg-truncated.jpg": "image_truncated",
    "png-truncated.png": "image_truncated",
    "jpeg-zero-height.jpg": "image_corrupt",
    "png-bad-crc.png": "image_corrupt",
    "jpeg-trailing-zip.jpg": null,
    "png-ztxt-bomb.png": null,
  };
  return Object.entries(rows).map(([name, refused]) => ({ file: fileOf(join(folder, name)), refused }));
}
