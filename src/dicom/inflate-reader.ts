import { createReadStream } from "node:fs";
import { createInflateRaw } from "node:zlib";
import { ByteReader, windowSize } from "./byte-reader.ts";
import { corrupt, cutShort, Malformed } from "./element.ts";

/** A deflated data set opens to so much without any reason; past it the ratio or what Pixel Data says must allow it. */
const freeInflated = 8 * 1024 * 1024;
const maxInflateRatio = 200;

/** Bytes of a deflated data set (PS3.5 A.5); positions count the inflated bytes. */
export class InflateReader extends ByteReader {
  readonly size = Number.POSITIVE_INFINITY;
  private readonly inflate = createInflateRaw({ chunkSize: 4 * windowSize }); // each piece is a turn through the thread pool
  private readonly source;
  private readonly chunks: AsyncIterator<Uint8Array>;
  private chunk: Uint8Array = new Uint8Array(0);
  private allowed = 0;

  constructor(path: string, offset: number) {
    super(0);
    this.source = createReadStream(path, { start: offset, highWaterMark: windowSize });
    this.source.on("error", (error) => this.inflate.destroy(error));
    this.chunks = this.source.pipe(this.inflate)[Symbol.asyncIterator]();
  }

  /** The next `count` bytes are accounted for, however well they are packed. */
  allow(count: number): void {
    this.allowed = this.position + count;
  }

  protected async pull(): Promise<number> {
    if (this.chunk.length === 0) this.chunk = await this.next();
    const taken = Math.min(this.chunk.length, this.bytes.length - this.end);
    this.bytes.set(this.chunk.subarray(0, taken), this.end);
    this.chunk = this.chunk.subarray(taken);
    this.bound(this.base + this.end);
    return taken;
  }

  async skip(count: number): Promise<boolean> {
    const inHand = Math.min(count, this.available);
    this.start += inHand;
    for (let left = count - inHand; left > 0; ) {
      this.base += this.end;
      this.start = 0;
      this.end = 0;
      if (this.chunk.length === 0) this.chunk = await this.next();
      if (this.chunk.length === 0) return false;
      const taken = Math.min(left, this.chunk.length);
      this.chunk = this.chunk.subarray(taken);
      this.base += taken;
      left -= taken;
      this.bound(this.base);
    }
    return true;
  }

  private bound(inflated: number): void {
    if (inflated > Math.max(freeInflated, this.allowed, this.source.bytesRead * maxInflateRatio))
      throw new Malformed("dicom_bomb", "The file opens to far more data than the image it describes needs.");
  }

  private async next(): Promise<Uint8Array> {
    try {
      const { value, done } = await this.chunks.next();
      return done ? new Uint8Array(0) : value;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : "";
      if (code === "Z_BUF_ERROR") throw cutShort("inside its compressed data");
      if (typeof code === "string" && code.startsWith("Z_")) throw corrupt("its compressed data cannot be opened");
      throw error;
    }
  }

  /** Lets go of the file and the inflater. */
  close(): void {
    this.source.destroy();
    this.inflate.destroy();
  }
}
