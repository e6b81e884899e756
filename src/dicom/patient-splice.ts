import { FileReader, type OpenFile, readInto, withFile } from "./byte-reader.ts";
import { type ElementEncoding, headerSizeOf, itemTag, undefinedLength } from "./element.ts";
import { type Pause, Walk } from "./walk.ts";
import type { Frame } from "./walk-frames.ts";

/** Where an element of the data set itself stands in its file. */
interface Place {
  readonly tag: number;
  readonly start: number;
  readonly value: number;
  /** {@link undefinedLength} where a delimiter ends it. */
  readonly length: number;
}

/** A range of the file, and what stands there instead. */
export interface Splice {
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
}

/** A new value, encoded and not padded yet; by tag. */
export type NewValues = ReadonlyMap<number, { readonly vr: string; readonly bytes: Uint8Array }>;

/** Original Attributes Sequence (PS3.3 C.12.1.1.9). */
export const originalAttributes = 0x04000561;
/** No value that is replaced is longer; bytes. */
const mostKept = 65_536;

/** Walks the data set itself as far as the Original Attributes Sequence would stand. */
class Layout extends Walk {
  readonly places: Place[] = [];
  behind: number;

  constructor(
    reader: FileReader,
    private readonly encoding: ElementEncoding,
  ) {
    super(reader, encoding, 0, 10_000_000);
    this.behind = reader.position;
  }

  protected override value(tag: number, vr: number, length: number): Pause {
    if (this.passed(tag)) return undefined;
    const { position } = this.reader;
    const header = this.encoding === "implicit-le" ? 8 : headerSizeOf(vr);
    this.places.push({ tag, start: position - header, value: position, length });
    this.behind = position + length;
    return this.skip(length, "inside an element");
  }

  protected override opened(depth: number): Pause {
    const { tag, end, open } = this.frames.top;
    if (depth !== 1 || this.passed(tag)) return undefined;
    const { position } = this.reader;
    const start = position - (this.encoding === "implicit-le" ? 8 : 12);
    this.places.push({ tag, start, value: position, length: open ? undefinedLength : end - position });
    return undefined;
  }

  protected override closed(_frame: Frame, depth: number): void {
    if (depth === 1) this.behind = this.reader.position;
  }

  private passed(tag: number): boolean {
    this.ended = tag > originalAttributes;
    return this.ended;
  }
}

/**
 * What has to be written instead of what in a file, so that its data set has these values and keeps the former ones in the
 * Original Attributes Sequence (PS3.3 C.12.1.1.9). Every other byte, pixels above all, stays.
 * @returns null where the values stand in no form that can be replaced
 * @throws Malformed where the data set cannot be read
 */
export const patientSplices = (
  path: string,
  dataSetOffset: number,
  encoding: "explicit-le" | "implicit-le",
  values: NewValues,
  at: Date,
): Promise<Splice[] | null> =>
  withFile(path, async (file) => {
    const reader = new FileReader(file);
    await reader.skip(dataSetOffset);
    const layout = new Layout(reader, encoding);
    await layout.run();
    const before = new Map<number, Uint8Array>();
    for (const tag of values.keys()) {
      const found = layout.places.filter((place) => place.tag === tag);
      if (found.length > 1 || found.some(({ length }) => length > mostKept)) return null;
      const [place] = found;
      before.set(tag, place === undefined ? new Uint8Array() : await bytesAt(file, place));
    }
    return splicesOf(layout, encoding, values, originalItem(encoding, values, before, at));
  });

async function bytesAt(file: OpenFile, { value, length }: Place): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  await readInto(file, bytes, 0, length, value);
  return bytes;
}

function splicesOf(layout: Layout, encoding: ElementEncoding, values: NewValues, item: Uint8Array): Splice[] | null {
  const splices: (Splice & { readonly tag: number })[] = [];
  const put = (tag: number, bytes: Uint8Array) => {
    const place = layout.places.find((it) => it.tag === tag);
    const at = layout.places.find((it) => it.tag > tag)?.start ?? layout.behind;
    splices.push(
      place === undefined
        ? { tag, from: at, to: at, bytes }
        : { tag, from: place.start, to: place.value + place.length, bytes },
    );
  };
  for (const [tag, { vr, bytes }] of values) put(tag, element(encoding, tag, vr, bytes));
  // PS3.5 7.2: group lengths are retired, and these would be wrong now.
  const groups = new Set([...values.keys(), originalAttributes].map((tag) => tag >>> 16));
  for (const { tag, start, value, length } of layout.places)
    if ((tag & 0xffff) === 0 && groups.has(tag >>> 16))
      splices.push({ tag, from: start, to: value + length, bytes: new Uint8Array() });
  const sequence = layout.places.find(({ tag }) => tag === originalAttributes);
  if (sequence === undefined) put(originalAttributes, element(encoding, originalAttributes, "SQ", item));
  else {
    // Another correction's item stays; ours comes before it.
    const { start, value, length } = sequence;
    const stated = length === undefinedLength ? length : length + item.length;
    const bytes = Buffer.concat([header(encoding, originalAttributes, "SQ", stated), item]);
    splices.push({ tag: originalAttributes, from: start, to: value, bytes });
  }
  return splices.sort((a, b) => a.from - b.from || a.tag - b.tag);
}

/** One item of the Original Attributes Sequence (PS3.3 table C.12.1-1); an attribute that was not there is empty in it. */
function originalItem(
  encoding: ElementEncoding,
  values: NewValues,
  before: ReadonlyMap<number, Uint8Array>,
  at: Date,
): Uint8Array {
  const sorted = [...values].toSorted(([a], [b]) => a - b);
  const former = sorted.map(([tag, { vr }]) => element(encoding, tag, vr, before.get(tag) ?? new Uint8Array()));
  const time = `${at.toISOString().replace(/\D/g, "").slice(0, 14)}+0000`;
  const text = (tag: number, vr: string, value: string) => element(encoding, tag, vr, Buffer.from(value, "latin1"));
  return itemOf([
    element(encoding, 0x04000550, "SQ", itemOf(former)),
    text(0x04000562, "DT", time),
    text(0x04000563, "LO", "RelayPACS"),
    text(0x04000564, "LO", ""),
    text(0x04000565, "CS", "CORRECT"),
  ]);
}

function itemOf(elements: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(elements);
  return Buffer.concat([header("implicit-le", itemTag, "", content.length), content]);
}

/** PS3.5 7.1.1: a value has an even length; text is padded with a space (6.2). */
function element(encoding: ElementEncoding, tag: number, vr: string, bytes: Uint8Array): Uint8Array {
  const padded = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(" ")]);
  return Buffer.concat([header(encoding, tag, vr, padded.length), padded]);
}

function header(encoding: ElementEncoding, tag: number, vr: string, length: number): Uint8Array {
  const long = encoding !== "implicit-le" && vr === "SQ";
  const bytes = Buffer.alloc(long ? 12 : 8);
  bytes.writeUInt16LE(tag >>> 16, 0);
  bytes.writeUInt16LE(tag & 0xffff, 2);
  if (encoding === "implicit-le") bytes.writeUInt32LE(length, 4);
  else {
    bytes.write(vr, 4, "latin1");
    if (long) bytes.writeUInt32LE(length, 8);
    else bytes.writeUInt16LE(length, 6);
  }
  return bytes;
}
