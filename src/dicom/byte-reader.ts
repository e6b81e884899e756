import { closeSync, fstatSync, open, read } from "node:fs";

/** The window on the data at its widest; also the longest value that can be looked at in one piece. */
export const windowSize = 65_536;
/** Most headers are shorter, and so is what stands between two large values. */
const firstPiece = 8192;

/** Reads forward through bytes by a window of bounded size. Memory does not depend on how many there are. */
export abstract class ByteReader {
  /** Replaced by a wider one where the first is too narrow. */
  bytes = new Uint8Array(firstPiece);
  view = new DataView(this.bytes.buffer);
  /** The same memory, for text: a Buffer for each value costs three times what its decoding does. */
  chars = Buffer.from(this.bytes.buffer);
  /** Index in the window of the next byte. */
  start = 0;
  /** Index in the window behind the last byte in hand. */
  end = 0;
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
    if (this.available >= count) return true;
    if (this.start > 0 || count > this.bytes.length) this.moveUp();
    while (this.end < count) {
      const pulled = await this.pull();
      if (pulled === 0) return false;
      this.end += pulled;
    }
    return true;
  }

  /** Puts what is in hand to the front of the window. Who reads on behind the first piece has a long way to go. */
  private moveUp(): void {
    const { bytes, start, end } = this;
    if (bytes.length === windowSize) bytes.copyWithin(0, start, end);
    else {
      this.bytes = new Uint8Array(windowSize);
      this.view = new DataView(this.bytes.buffer);
      this.chars = Buffer.from(this.bytes.buffer);
      this.bytes.set(bytes.subarray(start, end));
    }
    this.base += start;
    this.end -= start;
    this.start = 0;
  }

  /** Moves `count` bytes on. @returns false where the data ends before. */
  abstract skip(count: number): Promise<boolean>;
}

/** A file by its descriptor: opening, reading and closing a FileHandle takes half as long again, measured over small files. */
export interface OpenFile {
  readonly fd: number;
  readonly size: number;
}

/**
 * Opens a file to read, and closes it when the work is done.
 * @throws the error of the operating system where the file cannot be read
 */
export async function withFile<T>(path: string, work: (file: OpenFile) => Promise<T>): Promise<T> {
  const fd = await new Promise<number>((resolve, reject) => {
    open(path, "r", (error, opened) => (error === null ? resolve(opened) : reject(error)));
  });
  try {
    return await work({ fd, size: fstatSync(fd).size });
  } finally {
    closeSync(fd);
  }
}

/** Fills the part of `bytes` as far as one read goes. @returns how many bytes came */
export const readInto = (
  { fd }: OpenFile,
  bytes: Uint8Array,
  start: number,
  length: number,
  from: number,
): Promise<number> =>
  new Promise((resolve, reject) => {
    read(fd, bytes, start, length, from, (error, count) => (error === null ? resolve(count) : reject(error)));
  });

/** Bytes of a file; what is skipped is not read. */
export class FileReader extends ByteReader {
  readonly size: number;
  /** Bytes to ask for next: little behind a jump, or each frame of an image would cost a whole window. */
  private piece = firstPiece;

  constructor(private readonly file: OpenFile) {
    super(0);
    this.size = file.size;
  }

  protected async pull(): Promise<number> {
    const from = this.base + this.end;
    if (from >= this.size) return 0;
    const length = Math.min(this.piece, this.bytes.length - this.end);
    this.piece = windowSize;
    return readInto(this.file, this.bytes, this.end, length, from);
  }

  async skip(count: number): Promise<boolean> {
    if (count <= this.available) {
      this.start += count;
      return true;
    }
    const target = this.position + count;
    this.base = Math.min(target, this.size);
    this.start = 0;
    this.end = 0;
    this.piece = firstPiece;
    return target <= this.size;
  }
}
