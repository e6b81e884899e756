/** What the header of one compressed frame says of it. */
export interface CodestreamHeader {
  readonly columns: number;
  readonly rows: number;
  readonly components: number;
  /** Bits of a sample. */
  readonly bits: number;
  /** The decoder writes the components one after the other: JPEG-LS without interleaving (ISO 14495-1 C.2.3, ILV 0). */
  readonly byPlane: boolean;
  /** Components of fewer samples than others, which only JPEG decoders bring to one size. */
  readonly subsampled: boolean;
  readonly signed: boolean;
}

/** A frame that is not what its header or the image says; the words are for a person and hold nothing out of the file. */
export class FrameFault extends Error {
  override readonly name = "FrameFault";
}

const unreadable = () => new FrameFault("The compressed image data cannot be read.");

/** Markers of JPEG (ISO 10918-1 B.1.1.3), JPEG-LS (ISO 14495-1 C.1) and JPEG 2000 (ISO 15444-1 A.2). */
const SOI = 0xffd8;
const SOS = 0xffda;
const SOF55 = 0xfff7;
/** SOF0 to SOF15 without DHT, JPG and DAC, which stand among them. */
const isFrameMarker = (marker: number) =>
  (marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker)) || marker === SOF55;

/** JPEG and JPEG-LS. @throws FrameFault */
export function jpegHeader(bytes: Uint8Array): CodestreamHeader {
  const view = viewOf(bytes);
  let found: CodestreamHeader | null = null;
  let at = 2;
  if (bytes.length < 4 || view.getUint16(0) !== SOI) throw unreadable();
  while (at + 4 <= bytes.length) {
    const marker = view.getUint16(at);
    if (marker === 0xffff) {
      at++; // fill bytes (B.1.1.2)
      continue;
    }
    const length = view.getUint16(at + 2);
    if (marker < 0xffc0 || at + 2 + length > bytes.length) break;
    if (isFrameMarker(marker) && length >= 8) found = frameHeader(view, at, length);
    if (marker === SOS && found !== null) {
      const byPlane = found.components > 1 && view.getUint8(at + 4) === 1;
      return { ...found, byPlane };
    }
    at += 2 + length;
  }
  throw unreadable();
}

function frameHeader(view: DataView, at: number, length: number): CodestreamHeader {
  const components = view.getUint8(at + 9);
  if (length < 8 + 3 * components) throw unreadable();
  const sampling = Array.from({ length: components }, (_, index) => view.getUint8(at + 11 + 3 * index));
  return {
    bits: view.getUint8(at + 4),
    rows: view.getUint16(at + 5),
    columns: view.getUint16(at + 7),
    components,
    byPlane: false,
    subsampled: new Set(sampling).size > 1,
    signed: false,
  };
}

/** SOC and SIZ, which stand first (ISO 15444-1 A.4.1, A.5.1). */
const J2K_START = Buffer.from([0xff, 0x4f, 0xff, 0x51]);

/** The codestream alone where somebody left the boxes of a JP2 file around it, which PS3.5 A.4.4 forbids. @throws FrameFault */
export function withoutBoxes(bytes: Uint8Array): Uint8Array {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(J2K_START);
  if (at < 0) throw unreadable();
  return bytes.subarray(at);
}

/** JPEG 2000 and HTJ2K, from SOC on. @throws FrameFault */
export function j2kHeader(bytes: Uint8Array): CodestreamHeader {
  const view = viewOf(bytes);
  if (bytes.length < 45) throw unreadable();
  const components = view.getUint16(40);
  if (bytes.length < 42 + 3 * components || components === 0) throw unreadable();
  const parts = Array.from({ length: components }, (_, index) => 42 + 3 * index);
  const depths = new Set(parts.map((at) => view.getUint8(at)));
  if (depths.size > 1) throw new FrameFault("The components of the compressed image differ in depth.");
  return {
    columns: view.getUint32(8) - view.getUint32(16),
    rows: view.getUint32(12) - view.getUint32(20),
    components,
    bits: (view.getUint8(42) & 0x7f) + 1,
    byPlane: false,
    subsampled: parts.some((at) => view.getUint16(at + 1) !== 0x0101),
    signed: view.getUint8(42) > 0x7f,
  };
}

/**
 * Whether the end marker, the same in all three (EOI, EOC), is there: inside compressed data it cannot stand (ISO 10918-1
 * F.1.2.3, ISO 14495-1 C.3, ISO 15444-1 A.3), and writers pad behind it in their own ways.
 */
export const endsWhole = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).lastIndexOf(END) > 0;

const END = Buffer.from([0xff, 0xd9]);

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
