import { type ElementEncoding, excessive, type Malformed, undefinedLength } from "./element.ts";

/** PS3.3 needs a handful of levels; SR trees go to about ten. A level is a sequence and its item. */
const maxDepth = 32;
const tooDeep = excessive("its sequences are nested too deep");

/** A sequence, an item or a run of fragments that is open. */
export interface Frame {
  kind: "data-set" | "sequence" | "item" | "fragments";
  /** The element that began it, of an item that of its sequence. */
  tag: number;
  /** Where it ends; of undefined length: where what encloses it ends. */
  end: number;
  open: boolean;
  encoding: ElementEncoding;
}

/** What is open, from the data set inwards; one object for each depth is filled again and again. */
export class OpenFrames {
  /** The innermost one. */
  top: Frame;
  /** 0 is the data set. */
  depth = 0;
  private readonly frames: Frame[];

  constructor(encoding: ElementEncoding) {
    this.top = { kind: "data-set", tag: 0, end: Number.POSITIVE_INFINITY, open: false, encoding };
    this.frames = [this.top];
  }

  /** @param length as its header says @param position where its content begins */
  push(
    kind: Frame["kind"],
    tag: number,
    length: number,
    encoding: ElementEncoding,
    position: number,
  ): Malformed | undefined {
    if (this.depth >= 2 * maxDepth) return tooDeep;
    const parent = this.top;
    this.depth++;
    this.frames[this.depth] ??= { ...parent };
    this.top = this.frames[this.depth] as Frame;
    this.top.kind = kind;
    this.top.tag = tag;
    this.top.open = length === undefinedLength;
    this.top.end = this.top.open ? parent.end : position + length;
    this.top.encoding = encoding;
    return undefined;
  }

  pop(): void {
    this.depth--;
    this.top = this.frames[this.depth] as Frame;
  }
}
