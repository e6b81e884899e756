import type { ByteReader } from "./byte-reader.ts";
import {
  corrupt,
  cutShort,
  type ElementEncoding,
  type ElementHeader,
  excessive,
  isFragmentVR,
  isKnownVR,
  itemDelimitation,
  itemTag,
  long,
  Malformed,
  maxHeaderSize,
  parseHeader,
  passElements,
  sequenceDelimitation,
  tagAt,
  undefinedLength,
  vrSQ,
  vrUN,
} from "./element.ts";
import { isPixelTag } from "./tags.ts";
import { type Frame, OpenFrames } from "./walk-frames.ts";

/** The whole dictionary has 5 000 attributes; private ones come on top. */
const maxTopLevelElements = 20_000;
/** A writer that breaks one in every frame of the largest series there are stays far below. */
const maxBrokenSequences = 100_000;
/** What stands behind the data set may be zeros up to a disk sector or tape block, in bytes. */
const maxPadding = 1_048_576;

/** What a step leaves behind: nothing, bytes to wait for, or a fault, which a throw for each would make a hundred times dearer. */
export type Pause = Promise<void> | Malformed | undefined;

const endless = corrupt("a sequence has no end");
const cutElement = corrupt("a sequence ends inside an element");
const strayDelimiter = corrupt("a delimiter stands where an element should");
const strayElement = corrupt("a sequence holds something that is no item");
const strayInPixels = corrupt("the pixel data holds something that is no fragment");
const tooBroken = excessive("too many of its sequences are broken");
const tooLong = corrupt("an element is longer than what holds it");
const tooMany = excessive("it has more elements than any image");
const withoutLength = corrupt("an element has no length");

/**
 * Walks elements, items and fragments from the reader's position to the end of the data, skipping values (PS3.5 7).
 * Memory grows with nothing; between two waits for bytes it runs through one window at most.
 */
export abstract class Walk {
  /** A sequence of stated length was broken inside; all around it could be read. */
  get brokenSequence(): boolean {
    return this.brokenSequences > 0;
  }
  private brokenSequences = 0;
  protected ended = false;
  /** Fragments of the run that is open or was the last, with the offset table, and the bytes of all others. */
  protected fragments = 0;
  protected fragmentBytes = 0;
  protected readonly frames: OpenFrames;
  private readonly header: ElementHeader = { tag: 0, vr: 0, length: 0 };
  private elements = 0;
  private topLevelElements = 0;
  /** All that is left of the data is in the window, less than the longest header. */
  private drained = false;

  /** @param level the depth at which values are looked at: 0 the data set, 2 the items of its sequences */
  constructor(
    protected readonly reader: ByteReader,
    encoding: ElementEncoding,
    private readonly level: number,
    private readonly maxElements: number,
  ) {
    this.frames = new OpenFrames(encoding);
  }

  /** A value at the level that is looked at lies at the reader's position; it must be moved behind it. */
  protected abstract value(tag: number, vr: number, length: number): Pause;
  /** The new innermost frame begins at the reader's position. */
  protected opened(_depth: number): Pause {
    return undefined;
  }
  /** A frame was left at its regular end. */
  protected closed(_frame: Frame, _depth: number): void {}
  /** Parsers differ over a sequence that is broken inside; where its length is stated the walk may go on behind it. */
  protected readonly forgiving: boolean = true;

  /** @throws Malformed where reading on makes no sense */
  async run(): Promise<void> {
    while (!this.ended) {
      const pause = this.advance();
      if (pause instanceof Malformed) throw pause;
      if (pause !== undefined) await pause;
    }
  }

  /** As far as the bytes in hand go. */
  private advance(): Pause {
    while (!this.ended) {
      let pause = this.step();
      if (pause === undefined) continue;
      if (pause instanceof Malformed) pause = this.leaveBroken(pause);
      if (pause !== undefined) return pause;
    }
    return undefined;
  }

  /** One element, item or delimiter, or the fragments in hand. */
  private step(): Pause {
    const { reader, header } = this;
    const { top, depth } = this.frames;
    if (reader.available < maxHeaderSize && !this.drained) return this.refill();
    const left = top.end - reader.position;
    if (left < 8) return this.atFrameEnd(left);
    if (reader.available < 8) return this.atEnd();
    if (top.kind === "fragments") return this.runOfFragments();
    if (top.kind === "item" && depth !== this.level) {
      const passed = passElements(reader, top.encoding, top.end);
      this.elements += passed;
      if (passed > 0) return this.elements > this.maxElements ? tooMany : undefined;
    }
    if (depth === 0) {
      if (this.zerosAhead()) return this.padding();
      this.topLevelElements++;
    }
    const fault = parseHeader(reader, top.encoding, header);
    if (fault !== null) return fault;
    if (++this.elements > this.maxElements || this.topLevelElements > maxTopLevelElements) return tooMany;
    return top.kind === "sequence" ? this.item() : this.element();
  }

  private async refill(): Promise<void> {
    this.drained = !(await this.reader.need(maxHeaderSize));
  }

  private element(): Pause {
    const { top, depth } = this.frames;
    const { tag, vr, length } = this.header;
    if (tag === itemDelimitation && top.open) return this.pop();
    if (tag >>> 16 === 0xfffe) return strayDelimiter;
    if (length === undefinedLength) return this.ofUndefinedLength(tag, vr);
    const fault = this.unfit(length);
    if (fault !== null) return fault;
    if (vr === vrSQ) return this.push("sequence", tag, length, top.encoding);
    return depth === this.level ? this.value(tag, vr, length) : this.skip(length, "inside an element");
  }

  private ofUndefinedLength(tag: number, vr: number): Pause {
    const { encoding } = this.frames.top;
    if (isFragmentVR(vr) || (vr === vrUN && isPixelTag(tag))) {
      this.fragments = 0;
      this.fragmentBytes = 0;
      return this.push("fragments", tag, undefinedLength, encoding);
    }
    // PS3.5 6.2.2: UN of undefined length is a sequence in Implicit VR Little Endian.
    if (vr === vrUN) return this.push("sequence", tag, undefinedLength, "implicit-le");
    return vr === vrSQ || vr === 0 ? this.push("sequence", tag, undefinedLength, encoding) : withoutLength;
  }

  private item(): Pause {
    const { reader } = this;
    const { top, depth } = this.frames;
    const { tag, length } = this.header;
    if (tag === sequenceDelimitation && top.open) return this.pop();
    if (tag !== itemTag) return strayElement;
    const fault = length === undefinedLength ? null : this.unfit(length);
    if (fault !== null) return fault;
    if (length === 0 && depth + 1 !== this.level) return undefined;
    if (length > reader.available || depth + 1 === this.level) return this.push("item", top.tag, length, top.encoding);
    // In hand as a whole and not to be looked at: opened only for what is no plain element. Millions take half the time so.
    const end = reader.position + length;
    this.elements += passElements(reader, top.encoding, end);
    if (this.elements > this.maxElements) return tooMany;
    const left = end - reader.position;
    return left === 0 ? undefined : this.push("item", top.tag, left, top.encoding);
  }

  /** PS3.5 A.4: the first item is the offset table, the others are fragments. They have no bound: each takes its bytes, and a slide has a million. */
  private runOfFragments(): Pause {
    const { reader, header } = this;
    const { top } = this.frames;
    // Not by parseHeader nor step by step: 24 MB of empty ones took 0.2 s that way, measured.
    const little = top.encoding !== "explicit-be";
    const last = Math.min(top.end, reader.size);
    while (reader.available >= 8) {
      const { bytes, start } = reader;
      header.tag = tagAt(bytes, start, little);
      header.length = long(bytes, start + 4, little);
      reader.start = start + 8;
      if (header.tag === sequenceDelimitation) return this.pop();
      if (header.tag !== itemTag || header.length === undefinedLength) return strayInPixels;
      if (reader.position + header.length > last) return this.unfit(header.length) ?? undefined;
      if (this.fragments++ > 0) this.fragmentBytes += header.length;
      if (header.length > reader.available) return this.skip(header.length, "inside the pixel data");
      reader.start += header.length;
    }
    return undefined;
  }

  private push(kind: Frame["kind"], tag: number, length: number, encoding: ElementEncoding): Pause {
    return this.frames.push(kind, tag, length, encoding, this.reader.position) ?? this.opened(this.frames.depth);
  }

  private pop(): undefined {
    const { top, depth } = this.frames;
    this.frames.pop();
    this.closed(top, depth);
  }

  private atFrameEnd(left: number): Pause {
    if (left > 0) return cutElement;
    return this.frames.top.open ? endless : this.pop();
  }

  /** No value is longer than what is left of that which encloses it. */
  protected unfit(length: number): Malformed | null {
    const { reader, header } = this;
    const { top, depth } = this.frames;
    if (reader.position + length <= Math.min(top.end, reader.size)) return null;
    if (depth > 0 && top.end <= reader.size) return tooLong;
    // A length that spells a VR is explicit VR read as implicit, not a cut.
    if (header.vr === 0 && isKnownVR(reader.view.getUint16(reader.start - 4)))
      return corrupt("it is not written the way its header says");
    return cutShort(isPixelTag(header.tag) || top.kind === "fragments" ? "inside the pixel data" : "inside an element");
  }

  protected skip(length: number, where: string): Promise<void> | undefined {
    if (length > this.reader.available) return this.skipFar(length, where);
    this.reader.start += length;
    return undefined;
  }

  private async skipFar(length: number, where: string): Promise<void> {
    if (!(await this.reader.skip(length))) throw cutShort(where);
  }

  private atEnd(): Pause {
    const { reader } = this;
    const { top, depth } = this.frames;
    const rest = reader.bytes.subarray(reader.start, reader.end);
    if (top.kind === "fragments") return cutShort("inside the pixel data");
    if (depth > 0 && rest.length === 0) return endless;
    if (depth > 0 || rest.some((byte) => byte !== 0)) return cutShort("inside an element");
    this.ended = true;
    return undefined;
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
      const rest = reader.bytes.subarray(reader.start, reader.end);
      if (rest.some((byte) => byte !== 0)) throw corrupt("something that is no element follows its data");
      seen += rest.length;
      reader.start += rest.length;
      if (!(await reader.need(1))) break;
    }
    this.ended = true;
  }

  private leaveBroken(fault: Malformed): Pause {
    const { frames } = this;
    while (frames.depth > 0 && frames.top.open) frames.pop();
    if (frames.depth === 0 || !fault.local || !this.forgiving) return fault;
    const behind = frames.top.end - this.reader.position;
    frames.pop();
    if (++this.brokenSequences > maxBrokenSequences) return tooBroken;
    if (behind > 0) return this.skip(behind, "inside an element");
    // The header that was just read may reach over the end by some bytes, which are still in hand.
    this.reader.start += behind;
    return undefined;
  }
}
