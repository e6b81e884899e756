import type { ByteReader } from "./byte-reader.ts";
import type { DataSet, PixelElement, RawValue } from "./data-set.ts";
import {
  corrupt,
  cutShort,
  type ElementEncoding,
  type ElementHeader,
  excessive,
  fragmentVRs,
  itemDelimitation,
  itemTag,
  Malformed,
  maxHeaderSize,
  parseHeader,
  sequenceDelimitation,
  undefinedLength,
  vrSQ,
  vrUN,
} from "./element.ts";
import { isPixelTag } from "./tags.ts";

/** PS3.3 needs a handful of levels; SR trees go to about ten. */
const maxDepth = 32;
/** The whole dictionary has 5 000 attributes; private ones come on top. */
const maxTopLevelElements = 20_000;
/** A real enhanced MR has 10 000 frames with 60 elements each, so 20 000 would not do; 1 000 000 are walked in 0.1 to 0.3 s. */
const maxElements = 1_000_000;
/** Values are kept up to this length, in bytes; every attribute looked at is far shorter. */
const maxKept = 8192;
/** What stands behind the data set may be zeros up to a disk sector or tape block, in bytes. */
const maxPadding = 1_048_576;

interface Frame {
  readonly kind: "sequence" | "item" | "fragments";
  /** Where it ends; of undefined length: where what encloses it ends. */
  readonly end: number;
  readonly open: boolean;
  readonly encoding: ElementEncoding;
}

/**
 * Walks a data set from the reader's position to its end, skipping values (PS3.5 7). Time grows with the number of elements,
 * memory with nothing.
 * @param wanted top-level tags whose values are kept
 * @param beforePixels is told the length of native pixel data before it is skipped; false ends the walk there
 * @throws Malformed where reading on makes no sense
 */
export async function walkDataSet(
  reader: ByteReader,
  encoding: ElementEncoding,
  wanted: ReadonlySet<number>,
  beforePixels: (values: ReadonlyMap<number, RawValue>, length: number) => boolean,
): Promise<DataSet> {
  const walk = new Walk(reader, encoding, wanted, beforePixels);
  await walk.run();
  return walk;
}

class Walk implements DataSet {
  readonly values = new Map<number, RawValue>();
  pixels: PixelElement | null = null;
  brokenSequence = false;

  private readonly frames: Frame[] = [];
  private readonly header: ElementHeader = { tag: 0, vr: 0, length: 0, spelt: 0 };
  private elements = 0;
  private topLevelElements = 0;
  private ended = false;
  /** All that is left of the data is in the window, less than the longest header. */
  private drained = false;

  constructor(
    private readonly reader: ByteReader,
    private readonly encoding: ElementEncoding,
    private readonly wanted: ReadonlySet<number>,
    private readonly beforePixels: (values: ReadonlyMap<number, RawValue>, length: number) => boolean,
  ) {}

  async run(): Promise<void> {
    while (!this.ended) {
      try {
        // Awaiting only where bytes are missing halves the time of a long header, measured.
        const waiting = this.step();
        if (waiting !== undefined) await waiting;
      } catch (error) {
        if (!(error instanceof Malformed) || !(await this.leaveBroken(error))) throw error;
      }
    }
  }

  /** One element, item or delimiter. */
  private step(): Promise<void> | undefined {
    const { reader, frames, header } = this;
    if (reader.available < maxHeaderSize && !this.drained) return this.refill();
    const frame = frames.at(-1);
    if (frame !== undefined && reader.position >= frame.end) {
      if (frame.open) throw corrupt("a sequence has no end");
      frames.pop();
      return undefined;
    }
    if (frame !== undefined && reader.position + 8 > frame.end) throw corrupt("a sequence ends inside an element");
    if (reader.available < 8) return this.atEnd(frame);
    if (frame === undefined && this.zerosAhead()) return this.padding();
    const encoding = frame?.encoding ?? this.encoding;
    if (!parseHeader(reader, encoding, header)) throw cutShort("inside an element");
    if (frame?.kind === "fragments") return this.fragment(frame);
    this.elements++;
    if (frame === undefined) this.topLevelElements++;
    if (this.elements > maxElements || this.topLevelElements > maxTopLevelElements)
      throw excessive("it has more elements than any image");
    return frame?.kind === "sequence" ? this.item(frame) : this.element(frame, encoding);
  }

  private async refill(): Promise<void> {
    this.drained = !(await this.reader.need(maxHeaderSize));
  }

  private element(frame: Frame | undefined, encoding: ElementEncoding): Promise<void> | undefined {
    const { tag, vr, length } = this.header;
    if (tag === itemDelimitation && frame?.open) return this.pop();
    if (tag >>> 16 === 0xfffe) throw corrupt("a delimiter stands where an element should");
    if (length === undefinedLength) {
      if (fragmentVRs.has(vr) || (vr === vrUN && isPixelTag(tag))) return this.openFragments(frame, tag, encoding);
      // PS3.5 6.2.2: UN of undefined length is a sequence in Implicit VR Little Endian.
      if (vr === vrSQ || vr === 0) return this.push("sequence", frame, undefinedLength, encoding);
      if (vr === vrUN) return this.push("sequence", frame, undefinedLength, "implicit-le");
      throw corrupt("an element has no length");
    }
    this.fits(frame, length);
    if (vr === vrSQ) return this.push("sequence", frame, length, encoding);
    if (frame === undefined && isPixelTag(tag)) {
      this.pixels = { tag, length, fragments: null };
      this.ended = !this.beforePixels(this.values, length);
      return this.ended ? undefined : this.skip(length, "inside the pixel data");
    }
    if (frame === undefined && this.wanted.has(tag))
      return this.keep(tag, length, vr === vrUN ? "implicit-le" : encoding);
    return this.skip(length, "inside an element");
  }

  /** Takes a copy of a value, at most its first {@link maxKept} bytes. */
  private async keep(tag: number, length: number, encoding: ElementEncoding): Promise<void> {
    const kept = Math.min(length, maxKept);
    if (this.reader.available < kept && !(await this.reader.need(kept))) throw cutShort("inside an element");
    const bytes = this.reader.bytes.slice(this.reader.start, this.reader.start + kept);
    const before = this.values.get(tag);
    // PS3.5 7.1: an element occurs once. Receivers differ in which one they take, so the identity would be a matter of chance.
    if (before !== undefined && (before.length !== length || !Buffer.from(before.bytes).equals(bytes)))
      throw corrupt("it gives two values for one field");
    this.values.set(tag, { bytes, length, littleEndian: encoding !== "explicit-be" });
    await this.skip(length, "inside an element");
  }

  private item(frame: Frame): undefined {
    const { tag, length } = this.header;
    if (tag === sequenceDelimitation && frame.open) return this.pop();
    if (tag !== itemTag) throw corrupt("a sequence holds something that is no item");
    if (length !== undefinedLength) this.fits(frame, length);
    return this.push("item", frame, length, frame.encoding);
  }

  private openFragments(frame: Frame | undefined, tag: number, encoding: ElementEncoding): undefined {
    if (frame === undefined && isPixelTag(tag)) this.pixels = { tag, length: 0, fragments: -1 };
    return this.push("fragments", frame, undefinedLength, encoding);
  }

  /** PS3.5 A.4: the first item is the offset table, the others are fragments. */
  private fragment(frame: Frame): Promise<void> | undefined {
    const { tag, length } = this.header;
    if (tag === sequenceDelimitation) return this.pop();
    if (tag !== itemTag || length === undefinedLength)
      throw corrupt("the pixel data holds something that is no fragment");
    this.fits(frame, length);
    // Fragments have no bound of their own: each takes its bytes, and a slide has a million.
    if (this.frames.length === 1 && this.pixels?.fragments != null) {
      if (this.pixels.fragments >= 0) this.pixels.length += length;
      this.pixels.fragments++;
    }
    return this.skip(length, "inside the pixel data");
  }

  private pop(): undefined {
    this.frames.pop();
  }

  private push(kind: Frame["kind"], parent: Frame | undefined, length: number, encoding: ElementEncoding): undefined {
    if (this.frames.length >= 2 * maxDepth) throw excessive("its sequences are nested too deep");
    const open = length === undefinedLength;
    const end = open ? (parent?.end ?? Number.POSITIVE_INFINITY) : this.reader.position + length;
    this.frames.push({ kind, end, open, encoding });
  }

  /** No value is longer than what is left of that which encloses it. */
  private fits(frame: Frame | undefined, length: number): void {
    const { reader, header } = this;
    if (reader.position + length <= Math.min(frame?.end ?? Number.POSITIVE_INFINITY, reader.size)) return;
    if (frame !== undefined && frame.end <= reader.size) throw corrupt("an element is longer than what holds it");
    // A length that spells a VR is explicit VR read as implicit, not a cut.
    if (header.vr === 0 && header.spelt !== 0) throw corrupt("it is not written the way its header says");
    throw cutShort(
      isPixelTag(header.tag) || frame?.kind === "fragments" ? "inside the pixel data" : "inside an element",
    );
  }

  private skip(length: number, where: string): Promise<void> | undefined {
    if (length > this.reader.available) return this.skipFar(length, where);
    this.reader.start += length;
    return undefined;
  }

  private async skipFar(length: number, where: string): Promise<void> {
    if (!(await this.reader.skip(length))) throw cutShort(where);
  }

  private atEnd(frame: Frame | undefined): undefined {
    const { reader } = this;
    const rest = reader.bytes.subarray(reader.start, reader.start + reader.available);
    if (frame?.kind === "fragments") throw cutShort("inside the pixel data");
    if (frame !== undefined && rest.length === 0) throw corrupt("a sequence has no end");
    if (frame !== undefined || rest.some((byte) => byte !== 0)) throw cutShort("inside an element");
    this.ended = true;
  }

  /** The tag (0000,0000) without a length, which no data set has. */
  private zerosAhead(): boolean {
    const { view, start } = this.reader;
    return view.getUint32(start) === 0 && view.getUint32(start + 4) === 0;
  }

  /** Zeros to the end, as tapes and disk sectors leave them, are no elements. */
  private async padding(): Promise<void> {
    const { reader } = this;
    for (let seen = 0; seen < maxPadding; ) {
      const rest = reader.bytes.subarray(reader.start, reader.start + reader.available);
      if (rest.some((byte) => byte !== 0)) throw corrupt("something that is no element follows its data");
      seen += rest.length;
      reader.start += rest.length;
      if (!(await reader.need(1))) break;
    }
    this.ended = true;
  }

  /** Parsers differ over a sequence that is broken inside; where its length is stated the walk goes on behind it. */
  private async leaveBroken(error: Malformed): Promise<boolean> {
    while (this.frames.at(-1)?.open) this.frames.pop();
    const frame = this.frames.pop();
    if (frame === undefined || !error.local) return false;
    this.brokenSequence = true;
    const behind = frame.end - this.reader.position;
    // The header that was just read may reach over the end by some bytes, which are still in hand.
    if (behind < 0) this.reader.start += behind;
    return behind <= 0 || this.reader.skip(behind);
  }
}
