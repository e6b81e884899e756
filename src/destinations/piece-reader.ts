/** Reads a stream of pieces by bytes: looks ahead, skips, compares; holds no more than it was asked to look at and one piece. */
export class PieceReader {
  #held: Uint8Array = new Uint8Array(0);
  readonly #source: AsyncIterator<Uint8Array>;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Up to `count` bytes from here on, fewer only at the end of the stream; they stay unread. */
  async peek(count: number): Promise<Uint8Array> {
    const pieces = [this.#held];
    let size = this.#held.length;
    while (size < count) {
      const next = await this.#source.next();
      if (next.done) break;
      pieces.push(next.value);
      size += next.value.length;
    }
    if (pieces.length > 1) this.#held = new Uint8Array(Buffer.concat(pieces));
    return this.#held.subarray(0, count);
  }

  /** Goes on by `count` bytes, or to the end of the stream. */
  async skip(count: number): Promise<void> {
    for (let left = count; left > 0; ) {
      const step = (await this.peek(1)).length === 0 ? 0 : Math.min(left, this.#held.length);
      if (step === 0) return;
      this.#held = this.#held.subarray(step);
      left -= step;
    }
  }

  /** Whether exactly these bytes come next; reads past them when they do. */
  async matches(expected: Uint8Array): Promise<boolean> {
    for (let done = 0; done < expected.length; ) {
      if ((await this.peek(1)).length === 0) return false;
      const step = Math.min(expected.length - done, this.#held.length);
      if (Buffer.compare(this.#held.subarray(0, step), expected.subarray(done, done + step)) !== 0) return false;
      this.#held = this.#held.subarray(step);
      done += step;
    }
    return true;
  }

  /** Lets the stream go. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }
}
