import type { Codecs, Decoder } from "./codecs.ts";
import { type CodestreamHeader, endsWhole, FrameFault, j2kHeader, jpegHeader, withoutBoxes } from "./codestream.ts";
import { decodeRle } from "./rle.ts";

/** What every frame of an image is (PS3.3 C.7.6.3). */
export interface FrameShape {
  readonly rows: number;
  readonly columns: number;
  readonly samples: number;
  readonly bitsAllocated: number;
  /** PhotometricInterpretation as the compressed image has it. */
  readonly photometric: string;
}

type Family = "jpeg" | "jpeg-lossless" | "jpeg-ls" | "jpeg-2000" | "rle";

/** What can be opened here (PS3.5 A.4), by transfer syntax. */
const families: ReadonlyMap<string, { readonly family: Family; readonly lossy: boolean }> = new Map([
  ["1.2.840.10008.1.2.4.50", { family: "jpeg", lossy: true }],
  ["1.2.840.10008.1.2.4.51", { family: "jpeg", lossy: true }],
  ["1.2.840.10008.1.2.4.53", { family: "jpeg", lossy: true }],
  ["1.2.840.10008.1.2.4.55", { family: "jpeg", lossy: true }],
  ["1.2.840.10008.1.2.4.57", { family: "jpeg-lossless", lossy: false }],
  ["1.2.840.10008.1.2.4.70", { family: "jpeg-lossless", lossy: false }],
  ["1.2.840.10008.1.2.4.80", { family: "jpeg-ls", lossy: false }],
  // These may be either: what the image says of itself stays.
  ["1.2.840.10008.1.2.4.81", { family: "jpeg-ls", lossy: false }],
  ["1.2.840.10008.1.2.4.90", { family: "jpeg-2000", lossy: false }],
  ["1.2.840.10008.1.2.4.91", { family: "jpeg-2000", lossy: false }],
  ["1.2.840.10008.1.2.4.201", { family: "jpeg-2000", lossy: false }],
  ["1.2.840.10008.1.2.4.202", { family: "jpeg-2000", lossy: false }],
  ["1.2.840.10008.1.2.4.203", { family: "jpeg-2000", lossy: false }],
  ["1.2.840.10008.1.2.5", { family: "rle", lossy: false }],
]);

/** Whether images in this transfer syntax can be decompressed here. */
export const canDecompress = (transferSyntaxUID: string): boolean => families.has(transferSyntaxUID);
/** Whether it always loses something (PS3.5 8.2.1): the image has to say so. */
export const isLossy = (transferSyntaxUID: string): boolean => families.get(transferSyntaxUID)?.lossy ?? false;

/** PhotometricInterpretation of the frames that `decodeFrame` makes (PS3.3 C.7.6.3.1.2). */
export function decodedPhotometric(transferSyntaxUID: string, photometric: string): string {
  const family = families.get(transferSyntaxUID)?.family;
  if (family === "jpeg" && photometric.startsWith("YBR_")) return "RGB";
  return photometric === "YBR_RCT" || photometric === "YBR_ICT" ? "RGB" : photometric;
}

export const frameBytes = ({ rows, columns, samples, bitsAllocated }: FrameShape): number =>
  rows * columns * samples * (bitsAllocated / 8);

const decoders: Readonly<Record<Exclude<Family, "rle">, Decoder>> = {
  jpeg: "DecodeJpeg",
  "jpeg-lossless": "DecodeJpeg",
  "jpeg-ls": "DecodeJpegLs",
  "jpeg-2000": "DecodeJpeg2000",
};

/**
 * One frame in native form: samples side by side, little endian, as wide as BitsAllocated says (PS3.5 8.1.1).
 * @throws FrameFault
 */
export function decodeFrame(
  codecs: () => Codecs,
  transferSyntaxUID: string,
  compressed: Uint8Array,
  shape: FrameShape,
): Uint8Array {
  const family = families.get(transferSyntaxUID)?.family;
  if (family === undefined) throw new FrameFault("This compression cannot be opened here.");
  const { rows, columns, samples, bitsAllocated } = shape;
  if (family === "rle") return decodeRle(compressed, rows * columns, samples, bitsAllocated / 8);
  const bytes = family === "jpeg-2000" ? withoutBoxes(compressed) : compressed;
  const header = family === "jpeg-2000" ? j2kHeader(bytes) : jpegHeader(bytes);
  checkHeader(header, shape, family);
  if (!endsWhole(bytes)) throw new FrameFault("The compressed image data ends too early.");
  const width = header.bits > 8 ? 2 : 1;
  const components = samples;
  const decoded = codecs().decode(decoders[family], { bytes, rows, columns, components, bitsAllocated: 8 * width });
  if (decoded.length !== rows * columns * samples * width)
    throw new FrameFault("The compressed image data holds another number of pixels than the image says.");
  const ordered = header.byPlane && family === "jpeg-ls" ? interleaved(decoded, samples, width) : decoded;
  if (shape.photometric.startsWith("YBR_") && family === "jpeg") toRgb(ordered);
  return widened(ordered, width, bitsAllocated / 8);
}

/** The decoders are told sizes and trust them: what the frame says has to be what the image says. */
function checkHeader(header: CodestreamHeader, shape: FrameShape, family: Family): void {
  const fits = header.rows === shape.rows && header.columns === shape.columns && header.components === shape.samples;
  if (!fits) throw new FrameFault("The compressed image data has another size than the image says.");
  if (header.bits > shape.bitsAllocated || header.bits > 16)
    throw new FrameFault("The compressed image data has more bits than the image says.");
  if (header.signed && header.bits <= 8 && shape.bitsAllocated > 8)
    throw new FrameFault("Signed values compressed in this way cannot be opened here.");
  const deepColour = header.components > 1 && header.bits > 8;
  if ((deepColour && family !== "jpeg-ls") || (header.subsampled && family !== "jpeg"))
    throw new FrameFault("Colours compressed in this way cannot be opened here.");
}

function interleaved(planes: Uint8Array, samples: number, width: number): Uint8Array {
  const pixels = planes.length / samples / width;
  const out = new Uint8Array(planes.length);
  for (let sample = 0; sample < samples; sample++) {
    for (let byte = 0; byte < width; byte++) {
      let to = sample * width + byte;
      for (let from = sample * pixels * width + byte; from < (sample + 1) * pixels * width; from += width) {
        out[to] = planes[from] as number;
        to += samples * width;
      }
    }
  }
  return out;
}

/** Little endian: the low bytes of the wider samples. */
function widened(bytes: Uint8Array, from: number, to: number): Uint8Array {
  if (from === to) return bytes;
  const out = new Uint8Array((bytes.length / from) * to);
  for (let at = 0, place = 0; at < bytes.length; at += from, place += to) {
    for (let byte = 0; byte < from; byte++) out[place + byte] = bytes[at + byte] as number;
  }
  return out;
}

const fixed = (factor: number): number => Math.round(factor * 65_536);
const half = 32_768;
const clamped = (value: number): number => Math.max(0, Math.min(value, 255));

/** YCbCr of JFIF to RGB, in place (PS3.3 C.7.6.3.1.2, YBR_FULL), rounded as the reference decoder of the IJG does. */
function toRgb(bytes: Uint8Array): void {
  const [crToR, cbToB, crToG, cbToG] = [fixed(1.402), fixed(1.772), fixed(0.71414), fixed(0.34414)];
  for (let at = 0; at + 2 < bytes.length; at += 3) {
    const y = bytes[at] as number;
    const cb = (bytes[at + 1] as number) - 128;
    const cr = (bytes[at + 2] as number) - 128;
    bytes[at] = clamped(y + ((crToR * cr + half) >> 16));
    bytes[at + 1] = clamped(y + ((half - cbToG * cb - crToG * cr) >> 16));
    bytes[at + 2] = clamped(y + ((cbToB * cb + half) >> 16));
  }
}
