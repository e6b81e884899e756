import type { FileReader } from "./byte-reader.ts";
import { excessive, headerSizeOf, itemTag, Malformed, maxHeaderSize, sequenceDelimitation } from "./element.ts";
import { pixelDataTag } from "./tags.ts";
import { type Pause, Walk } from "./walk.ts";

/** Bytes of the file, from where to behind where. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where things stand in a data set with encapsulated pixel data (PS3.5 A.4). */
export interface ImageLayout {
  /** Top-level elements in front of the pixel data, in order. */
  readonly elements: readonly (Span & { readonly tag: number })[];
  /** Values of the image description, as they are written. */
  readonly values: ReadonlyMap<number, Uint8Array>;
  /** The element Pixel Data, its delimiter included. */
  readonly pixels: Span;
  readonly offsetTable: Span;
  readonly fragments: readonly Span[];
}

export const imageTags = {
  samples: 0x00280002,
  photometric: 0x00280004,
  planar: 0x00280006,
  frames: 0x00280008,
  rows: 0x00280010,
  columns: 0x00280011,
  bitsAllocated: 0x00280100,
  lossy: 0x00282110,
} as const;
const wanted: ReadonlySet<number> = new Set(Object.values(imageTags));
const maxElements = 10_000_000;
const maxValue = 256;

/**
 * Reads the data set at the reader's position, Explicit VR Little Endian, up to the end of its pixel data.
 * @throws Malformed where it has none in fragments, or is damaged
 */
export async function imageLayout(reader: FileReader): Promise<ImageLayout> {
  const walk = new ImageWalk(reader);
  await walk.run();
  if (walk.pixelsFrom < 0) throw excessive("its pixel data is not compressed");
  const items = await itemsAt(reader);
  const [offsetTable, ...fragments] = items.spans;
  if (offsetTable === undefined) throw excessive("its pixel data has no offset table");
  return {
    elements: walk.places,
    values: walk.values,
    pixels: { from: walk.pixelsFrom, to: items.end },
    offsetTable,
    fragments,
  };
}

/** Stops where the fragments begin. */
class ImageWalk extends Walk {
  readonly places: (Span & { tag: number })[] = [];
  readonly values = new Map<number, Uint8Array>();
  pixelsFrom = -1;

  constructor(reader: FileReader) {
    super(reader, "explicit-le", 0, maxElements);
  }

  protected override value(tag: number, vr: number, length: number): Pause {
    const { reader } = this;
    const { position } = reader;
    this.places.push({ tag, from: position - headerSizeOf(vr), to: position + length });
    if (wanted.has(tag) && length <= maxValue) return this.keep(tag, length);
    return this.skip(length, "inside an element");
  }

  protected override opened(depth: number): Pause {
    const { tag, kind } = this.frames.top;
    const from = this.reader.position - maxHeaderSize;
    if (kind === "fragments") {
      if (depth !== 1 || tag !== pixelDataTag) return excessive("it holds a second compressed image");
      this.pixelsFrom = from;
      this.ended = true;
    } else if (depth === 1) this.places.push({ tag, from, to: from });
    return undefined;
  }

  private async keep(tag: number, length: number): Promise<void> {
    const { reader } = this;
    await reader.need(length);
    this.values.set(tag, reader.bytes.slice(reader.start, reader.start + length));
    reader.start += length;
  }
}

/** The items from here to the sequence delimiter; `end` lies behind it. */
async function itemsAt(reader: FileReader): Promise<{ spans: Span[]; end: number }> {
  const spans: Span[] = [];
  while (await reader.need(8)) {
    const tag = reader.view.getUint16(reader.start, true) * 0x10000 + reader.view.getUint16(reader.start + 2, true);
    const length = reader.view.getUint32(reader.start + 4, true);
    reader.start += 8;
    const from = reader.position;
    if (tag === sequenceDelimitation) return { spans, end: from };
    if (tag !== itemTag) break;
    spans.push({ from, to: from + length });
    if (!(await reader.skip(length))) break;
  }
  throw new Malformed("dicom_truncated", "The file ends inside the pixel data: it was cut short.");
}
