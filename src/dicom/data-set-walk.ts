import type { ByteReader } from "./byte-reader.ts";
import type { DataSet, PixelElement, RawValue } from "./data-set.ts";
import { corrupt, cutShort, type ElementEncoding, vrUN } from "./element.ts";
import { isPixelTag } from "./tags.ts";
import { type Pause, Walk } from "./walk.ts";
import type { Frame } from "./walk-frames.ts";

/** Told the length of native pixel data before it is skipped; false ends the walk there. */
export type BeforePixels = (values: ReadonlyMap<number, RawValue>, length: number) => boolean;

const maxElements = 10_000_000;
/** Values are kept up to this length, in bytes; every attribute looked at is far shorter. */
const maxKept = 8192;

/**
 * Walks a data set from the reader's position to its end, skipping values (PS3.5 7). Time grows with the number of elements,
 * memory with nothing.
 * @param wanted top-level tags whose values are kept
 * @throws Malformed where reading on makes no sense
 */
export async function walkDataSet(
  reader: ByteReader,
  encoding: ElementEncoding,
  wanted: ReadonlySet<number>,
  beforePixels: BeforePixels,
): Promise<DataSet> {
  const walk = new DataSetWalk(reader, encoding, wanted, beforePixels);
  await walk.run();
  return walk;
}

class DataSetWalk extends Walk implements DataSet {
  readonly values = new Map<number, RawValue>();
  pixels: PixelElement | null = null;

  constructor(
    reader: ByteReader,
    private readonly encoding: ElementEncoding,
    private readonly wanted: ReadonlySet<number>,
    private readonly beforePixels: BeforePixels,
  ) {
    super(reader, encoding, 0, maxElements);
  }

  protected override value(tag: number, vr: number, length: number): Pause {
    if (isPixelTag(tag)) {
      this.pixels = { tag, length, fragments: null };
      this.ended = !this.beforePixels(this.values, length);
      return this.ended ? undefined : this.skip(length, "inside the pixel data");
    }
    if (!this.wanted.has(tag)) return this.skip(length, "inside an element");
    if (length > this.reader.available) return this.keepLong(tag, vr, length);
    this.keep(tag, vr, length);
    this.reader.start += length;
    return undefined;
  }

  protected override closed({ kind, tag }: Frame, depth: number): void {
    if (kind === "fragments" && depth === 1 && isPixelTag(tag))
      this.pixels = { tag, length: this.fragmentBytes, fragments: this.fragments - 1 };
  }

  private async keepLong(tag: number, vr: number, length: number): Promise<void> {
    if (!(await this.reader.need(Math.min(length, maxKept)))) throw cutShort("inside an element");
    this.keep(tag, vr, length);
    if (!(await this.reader.skip(length))) throw cutShort("inside an element");
  }

  /** Takes a copy of a value in hand, at most its first {@link maxKept} bytes. */
  private keep(tag: number, vr: number, length: number): void {
    const bytes = this.reader.copy(Math.min(length, maxKept));
    const before = this.values.get(tag);
    // PS3.5 7.1: an element occurs once. Receivers differ in which one they take, so the identity would be a matter of chance.
    if (before !== undefined && (before.length !== length || !before.bytes.equals(bytes)))
      throw corrupt("it gives two values for one field");
    const littleEndian = vr === vrUN || this.encoding !== "explicit-be";
    this.values.set(tag, { bytes, length, littleEndian });
  }
}
