import { createReadStream } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { createInflateRaw } from "node:zlib";
import { corrupt, cutShort, Malformed } from "./element.ts";

/** The window on the data; also the longest value that can be looked at in one piece. */
export const windowSize = 65_536;

/** Reads forward through bytes by a window of fixed size. Memory does not depend on how many there are. */
export abstract class ByteReader {
  readonly bytes = new Uint8Array(windowSize);
  readonly view = new DataView(this.bytes.buffer);
  /** Index in the window of the next byte. */
  start = 0;
  /** Index in the window behind the last byte in hand. */
  protected end = 0;
  /** Position in the data of `bytes[0]`. */
  protected base: number;

  constructor(position: number) {
    this.base = position;
  }

  /** Position of the next byte in the data. */
  get position(): number {
    return this.base + this.start;
  }

  /** Bytes in hand. */
  get available(): number {
    return this.end - this.start;
  }

  /** Where the data ends; Infinity as long as nobody knows. */
  abstract readonly size: number;

  /** Puts bytes behind those in hand. @returns how many, 0 at the end of the data. */
  protected abstract pull(): Promise<number>;

  /** Waits until `count` bytes (at most {@link windowSize}) are in hand. @returns false where the data ends before. */
  async need(count: number): Promise<boolean> {
    if (this.start > 0) {
      this.bytes.copyWithin(0, this.start, this.end);
      this.base += this.start;
      this.end -= this.start;
      this.start = 0;
    }
    while (this.end < count) {
      const pulled = await this.pull();
      if (pulled === 0) return false;
      this.end += pulled;
    }
    return true;
  }

  /** Moves `count` bytes on. @returns false where the data ends before. */
  async skip(count: number): Promise<boolean> {
    let left = count;
    while (left > this.available) {
      left -= this.available;
      this.base += this.end;
      this.start = 0;
      this.end = 0;
      const pulled = await this.pull();
      if (pulled === 0) return false;
      this.end = pulled;
    }
    this.start += left;
    return true;
  }
}

/** Bytes of a file; what is skipped is not read. */
export class FileReader extends ByteReader {
  constructor(
    private readonly file: FileHandle,
    readonly size: number,
    position: number,
  ) {
    super(position);
  }

  protected async pull(): Promise<number> {
    const room = windowSize - this.end;
    const { bytesRead } = await this.file.read(this.bytes, this.end, room, this.base + this.end);
    return bytesRead;
  }

  override async skip(count: number): Promise<boolean> {
    if (count <= this.available) {
      this.start += count;
      return true;
    }
    const target = this.position + count;
    this.base = Math.min(target, this.size);
    this.start = 0;
    this.end = 0;
    return target <= this.size;
  }
}

/** A deflated data set opens to so much without any reason; past it the ratio or what Pixel Data says must allow it. */
const freeInflated = 16 * 1024 * 1024;
const maxInflateRatio = 200;

/** Bytes of a deflated data set (PS3.5 A.5); positions count the inflated bytes. */
export class InflateReader extends ByteReader {
  readonly size = Number.POSITIVE_INFINITY;
  private readonly inflate = createInflateRaw({ chunkSize: windowSize });
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
    const taken = Math.min(this.chunk.length, windowSize - this.end);
    this.bytes.set(this.chunk.subarray(0, taken), this.end);
    this.chunk = this.chunk.subarray(taken);
    const inflated = this.base + this.end;
    if (inflated > Math.max(freeInflated, this.allowed, this.source.bytesRead * maxInflateRatio))
      throw new Malformed("dicom_bomb", "The file opens to far more data than the image it describes needs.");
    return taken;
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
