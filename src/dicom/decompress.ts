import { FileReader, type OpenFile, readInto } from "./byte-reader.ts";
import type { Codecs } from "./codecs.ts";
import { FrameFault } from "./codestream.ts";
import {
  canDecompress,
  decodedPhotometric,
  decodeFrame,
  type FrameShape,
  frameBytes,
  isLossy,
} from "./frame-decode.ts";
import { frameFragments } from "./frame-index.ts";
import { type ImageLayout, imageLayout, imageTags, type Span } from "./image-layout.ts";
import { pixelDataTag } from "./tags.ts";

/** A data set in Explicit VR Little Endian that is made while it is read; one frame of it is in memory at a time. */
export interface DecompressedDataSet {
  /** Bytes, known beforehand. */
  readonly length: number;
  /** @throws FrameFault where a frame cannot be opened, the system's error where the file cannot be read */
  readonly pieces: () => AsyncGenerator<Uint8Array>;
}

/** Lengths of 32 bits, FFFFFFFFH having its own meaning (PS3.5 7.1.1). */
const maxPixelBytes = 0xfffffffe;
const copyBytes = 256 * 1024;
/** Group lengths (retired) that would be wrong, and the extended offset table, which belongs to fragments (PS3.3 C.7.6.3.1.8). */
const dropped: ReadonlySet<number> = new Set([0x00280000, 0x7fe00000, 0x7fe00001, 0x7fe00002]);

/**
 * The data set of a file with compressed pixel data, in native form. Every other byte stays: only what describes the pixels
 * is changed (PS3.3 C.7.6.3), and an image out of a compression that always loses something says so (C.7.6.1.1.5). The SOP
 * Instance UID stays: it is the same image (PS3.3 C.12.4.1, PS3.4 B.4.1).
 * @param codecs loaded when the first frame needs them
 * @throws FrameFault, Malformed
 */
export async function decompressed(
  file: OpenFile,
  dataSetOffset: number,
  transferSyntaxUID: string,
  codecs: () => Codecs,
): Promise<DecompressedDataSet> {
  if (!canDecompress(transferSyntaxUID)) throw new FrameFault("This compression cannot be opened here.");
  const reader = new FileReader(file);
  await reader.skip(dataSetOffset);
  const layout = await imageLayout(reader);
  const { shape, frames } = description(layout);
  const pixelBytes = frames * frameBytes(shape);
  const padding = pixelBytes % 2;
  if (pixelBytes + padding > maxPixelBytes) throw new FrameFault("The image is too large to be sent uncompressed.");
  const head = edited(layout, dataSetOffset, changes(layout, shape, transferSyntaxUID));
  const pixelHeader = longElement(shape.bitsAllocated > 8 ? "OW" : "OB", pixelBytes + padding);
  const tail: Span = { from: layout.pixels.to, to: file.size };
  const parts = await frameFragments(
    layout.fragments,
    frames,
    await offsetTable(file, layout.offsetTable),
    (fragment) => beginsImage(file, fragment),
  );
  async function* pieces() {
    for (const part of head) yield* part instanceof Uint8Array ? [part] : copy(file, part);
    yield pixelHeader;
    for (const fragments of parts) yield decodeFrame(codecs, transferSyntaxUID, await read(file, fragments), shape);
    if (padding > 0) yield new Uint8Array(1);
    yield* copy(file, tail);
  }
  const headBytes = head.reduce((sum, part) => sum + (part instanceof Uint8Array ? part.length : sizeOf(part)), 0);
  return { length: headBytes + pixelHeader.length + pixelBytes + padding + sizeOf(tail), pieces };
}

const sizeOf = ({ from, to }: Span): number => to - from;

function description({ values }: ImageLayout): { shape: FrameShape; frames: number } {
  const number = (tag: number): number => {
    const value = values.get(tag);
    return value?.length === 2 ? new DataView(value.buffer, value.byteOffset).getUint16(0, true) : 0;
  };
  const text = (tag: number) =>
    Buffer.from(values.get(tag) ?? [])
      .toString("latin1")
      .replace(/\0/g, "")
      .trim();
  const shape = {
    rows: number(imageTags.rows),
    columns: number(imageTags.columns),
    samples: number(imageTags.samples),
    bitsAllocated: number(imageTags.bitsAllocated),
    photometric: text(imageTags.photometric),
  };
  const frames = text(imageTags.frames) === "" ? 1 : Number(text(imageTags.frames));
  const usual = [8, 16, 32].includes(shape.bitsAllocated) && [1, 3].includes(shape.samples);
  if (!usual || !Number.isInteger(frames) || frames < 1 || frameBytes(shape) === 0)
    throw new FrameFault("The image does not say plainly how its pixels are to be read.");
  return { shape, frames };
}

/** What the image says of its pixels after decompression: elements by tag. */
function changes({ values }: ImageLayout, shape: FrameShape, transferSyntaxUID: string): Map<number, Buffer> {
  const changed = new Map<number, Buffer>();
  const photometric = decodedPhotometric(transferSyntaxUID, shape.photometric);
  if (photometric !== shape.photometric)
    changed.set(imageTags.photometric, shortElement(imageTags.photometric, "CS", Buffer.from(even(photometric))));
  // PS3.3 C.7.6.3.1.3: required with more than one sample; the frames come out with their samples side by side.
  if (shape.samples > 1) changed.set(imageTags.planar, shortElement(imageTags.planar, "US", Buffer.alloc(2)));
  const says = Buffer.from(values.get(imageTags.lossy) ?? []).toString("latin1");
  if (isLossy(transferSyntaxUID) && says !== "01")
    changed.set(imageTags.lossy, shortElement(imageTags.lossy, "CS", Buffer.from("01")));
  return changed;
}

const even = (text: string): string => (text.length % 2 === 0 ? text : `${text} `);

/** The data set up to its pixel data: spans of the file, and what stands in their place or between them. */
function edited(layout: ImageLayout, start: number, changed: ReadonlyMap<number, Buffer>): (Span | Uint8Array)[] {
  const edits = [...changed].map(([tag, bytes]) => {
    const own = layout.elements.find((element) => element.tag === tag);
    const next = layout.elements.find((element) => element.tag > tag)?.from ?? layout.pixels.from;
    return { from: own?.from ?? next, to: own?.to ?? next, bytes };
  });
  const gone = layout.elements.filter(({ tag }) => dropped.has(tag)).map(({ from, to }) => ({ from, to, bytes: null }));
  const parts: (Span | Uint8Array)[] = [];
  let at = start;
  for (const { from, to, bytes } of [...edits, ...gone].sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from > at) parts.push({ from: at, to: from });
    if (bytes !== null) parts.push(new Uint8Array(bytes));
    at = to;
  }
  parts.push({ from: at, to: layout.pixels.from });
  return parts;
}

/** PS3.5 7.1.2, with a length of 16 bits. */
function shortElement(tag: number, vr: string, value: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4, "latin1");
  head.writeUInt16LE(value.length, 6);
  return Buffer.concat([head, value]);
}

/** Pixel Data with a length of 32 bits; OW above 8 bits (PS3.5 A.2). */
function longElement(vr: string, length: number): Uint8Array {
  const head = Buffer.alloc(12);
  head.writeUInt16LE(pixelDataTag >>> 16, 0);
  head.writeUInt16LE(pixelDataTag & 0xffff, 2);
  head.write(vr, 4, "latin1");
  head.writeUInt32LE(length, 8);
  return new Uint8Array(head);
}

async function offsetTable(file: OpenFile, span: Span): Promise<number[]> {
  const bytes = Buffer.from(await read(file, [span]));
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => bytes.readUInt32LE(4 * index));
}

/** SOI of JPEG and JPEG-LS, SOC of JPEG 2000. */
async function beginsImage(file: OpenFile, { from, to }: Span): Promise<boolean> {
  const [first, second] = await read(file, [{ from, to: Math.min(to, from + 2) }]);
  return first === 0xff && (second === 0xd8 || second === 0x4f);
}

async function read(file: OpenFile, spans: readonly Span[]): Promise<Uint8Array> {
  const bytes = new Uint8Array(spans.reduce((sum, span) => sum + sizeOf(span), 0));
  let at = 0;
  for (const span of spans) {
    for (let from = span.from; from < span.to; ) {
      const count = await readInto(file, bytes, at, span.to - from, from);
      if (count === 0) throw new FrameFault("The file ends inside the pixel data.");
      at += count;
      from += count;
    }
  }
  return bytes;
}

async function* copy(file: OpenFile, { from, to }: Span): AsyncGenerator<Uint8Array> {
  for (let at = from; at < to; at += copyBytes) yield read(file, [{ from: at, to: Math.min(to, at + copyBytes) }]);
}
