import { open } from "node:fs/promises";
import { encodeAnew, rareEncoding } from "./image-encode.ts";
import { pieceOf } from "./image-file.ts";
import { type JpegHeader, markers, namesItself } from "./image-jpeg-header.ts";
import { checkScans } from "./image-jpeg-scan.ts";
import { type JpegStream, maxJpegBytes, plainJpeg, splitJpeg, tooManyBytes } from "./image-jpeg-stream.ts";

/** A picture as a baseline JPEG without application segments, as it stands in the DICOM object. */
export interface JpegPixels {
  readonly pieces: readonly Uint8Array[];
  readonly width: number;
  readonly height: number;
  readonly samplesPerPixel: 1 | 3;
  /** Each lossy step's compression, first to last: what it was in the file, then how it was encoded anew. */
  readonly ratios: readonly number[];
  readonly reencoded: boolean;
}

/** Those whose every code is checked before anything else is done with them. */
const sequential: ReadonlySet<JpegHeader["process"]> = new Set(["baseline", "extended"]);
/** Encoders make a dozen; each goes over the whole picture, and an empty one has a few bytes: 10 MB of them are hours at 100 megapixels. */
const maxScans = 100;
const unreadable: ReadonlySet<JpegHeader["process"]> = new Set(["lossless", "hierarchical"]);

/**
 * A picture's compressed data as it is, where every archive can show it so (JPEG baseline, gray or YCbCr, upright), else
 * encoded anew.
 * @throws RelayError image_truncated, image_corrupt, image_kind_unsupported, image_too_large
 */
export async function jpegPixels(path: string, header: JpegHeader): Promise<JpegPixels> {
  if (unreadable.has(header.process) || header.bits !== 8 || header.colour === "unknown") throw rareEncoding();
  const bytes = await readPicture(path);
  const stream = splitJpeg(bytes);
  if (stream.segments.filter(({ marker }) => marker === markers.sos).length > maxScans) throw rareEncoding();
  if (sequential.has(header.process)) await checkScans(stream);
  if (keepsItsData(header, stream)) return describe(stream, [], false);
  const first = ratioOf(stream);
  const again = splitJpeg(await encodeAnew(path, bytes, header));
  return describe(again, [first], true);
}

const keepsItsData = (header: JpegHeader, { frame }: JpegStream): boolean =>
  header.process === "baseline" &&
  header.orientation === 1 &&
  (header.colour === "gray" || header.colour === "ycbcr") &&
  namesItself(header, frame);

/** From SOI on, as far as a picture may reach. */
async function readPicture(path: string): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const bytes = await pieceOf(file, 0, Math.min(size, maxJpegBytes));
    if (size > maxJpegBytes && !holdsEnd(bytes)) throw tooManyBytes();
    return bytes;
  } finally {
    await file.close();
  }
}

/** Whether the picture ends within the bytes; what lies behind it may be of any size. */
function holdsEnd(bytes: Buffer): boolean {
  try {
    splitJpeg(bytes);
    return true;
  } catch {
    return false;
  }
}

function describe(stream: JpegStream, earlier: readonly number[], reencoded: boolean): JpegPixels {
  const { components, width, height } = stream.frame;
  return {
    pieces: plainJpeg(stream),
    width,
    height,
    samplesPerPixel: components.length === 1 ? 1 : 3,
    ratios: [...earlier, ratioOf(stream)],
    reencoded,
  };
}

/** Bytes of the opened picture for one of the compressed (PS3.3 C.7.6.1.1.5.2). */
function ratioOf(stream: JpegStream): number {
  const { width, height, components } = stream.frame;
  const packed = plainJpeg(stream).reduce((sum, piece) => sum + piece.length, 0);
  return Math.max(0.01, Math.round((100 * width * height * components.length) / packed) / 100);
}
