import { closeSync, fstatSync, openSync, read, readSync } from "node:fs";

/** The window on the data at its widest; also the longest value that can be looked at in one piece. */
export const windowSize = 65_536;
/** Most headers are shorter, and so is what stands between two large values. */
const firstPiece = 8192;
/** So much of a file is read in the thread's own time: through the thread pool a small file takes twice as long, measured. */
const readAtOnce = 512 * 1024;

/** Bytes in hand and two ways to look at them. */
interface Window {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  /** For text: a Buffer for each value costs three times what its decoding does. */
  readonly chars: Buffer;
}
/** Windows of readers that are done, so that a study's files do not make one each. */
const spare: Window[] = [];
const maxSpare = 4;

function newWindow(): Window {
  const bytes = new Uint8Array(windowSize);
  return { bytes, view: new DataView(bytes.buffer), chars: Buffer.from(bytes.buffer) };
}

/** Reads forward through bytes by a window of bounded size. Memory does not depend on how many there are. */
export abstract class ByteReader {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  readonly chars: Buffer;
  /** Index in the window of the next byte. */
  start = 0;
  /** Index in the window behind the last byte in hand. */
  end = 0;
  /** Position in the data of `bytes[0]`. */
  protected base: number;

  private readonly window: Window;

  constructor(position: number) {
    this.base = position;
    this.window = spare.pop() ?? newWindow();
    this.bytes = this.window.bytes;
    this.view = this.window.view;
    this.chars = this.window.chars;
  }

  /** Gives the window to the next reader; nothing may be read of this one any more. */
  release(): void {
    if (spare.length < maxSpare) spare.push(this.window);
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
    if (this.start > 0) this.moveUp();
    while (this.end < count) {
      const pulled = await this.pull();
      if (pulled === 0) return false;
      this.end += pulled;
    }
    return true;
  }

  /** A copy of bytes in hand, as a Buffer: it becomes text without another object. */
  copy(count: number): Buffer {
    const bytes = Buffer.allocUnsafe(count);
    this.chars.copy(bytes, 0, this.start, this.start + count);
    return bytes;
  }

  /** Puts what is in hand to the front of the window. */
  private moveUp(): void {
    this.bytes.copyWithin(0, this.start, this.end);
    this.base += this.start;
    this.end -= this.start;
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
  const fd = openSync(path, "r");
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
  private atOnce = readAtOnce;

  constructor(private readonly file: OpenFile) {
    super(0);
    this.size = file.size;
  }

  protected async pull(): Promise<number> {
    const from = this.base + this.end;
    if (from >= this.size) return 0;
    const length = Math.min(this.piece, this.bytes.length - this.end);
    this.piece = windowSize;
    if (this.atOnce >= length) {
      this.atOnce -= length;
      return readSync(this.file.fd, this.bytes, this.end, length, from);
    }
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
