import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";

const pieceSize = 1_048_576;

/** A data set in a file, from an offset to the file's end. */
export interface DataSetPlace {
  readonly path: string;
  /** Bytes before the data set. */
  readonly dataSetOffset: number;
}

/**
 * SHA-256, hex, of an instance as it leaves: `head` in place of the file's first `dataSetOffset` bytes, or the whole file
 * where `head` is null. Reads 1 MiB at a time and lets others run between.
 * @throws the error of the operating system where the file cannot be read
 */
export async function hashInstance(path: string, head: Uint8Array | null, dataSetOffset: number): Promise<string> {
  const hash = createHash("sha256");
  if (head !== null) hash.update(head);
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const piece = Buffer.allocUnsafe(Math.min(pieceSize, size));
    for (let position = head === null ? 0 : dataSetOffset; position < size; ) {
      const length = await readAt(file, piece, position);
      if (length === 0) break; // it became shorter
      hash.update(piece.subarray(0, length));
      position += length;
    }
    return hash.digest("hex");
  } finally {
    await file.close();
  }
}

/**
 * Whether two data sets are the same, byte for byte, whatever stands before them. Memory does not depend on their size.
 * @throws the error of the operating system where a file cannot be read
 */
export async function sameDataSet(a: DataSetPlace, b: DataSetPlace): Promise<boolean> {
  const left = await open(a.path, "r");
  try {
    const right = await open(b.path, "r");
    try {
      const [leftSize, rightSize] = [(await left.stat()).size, (await right.stat()).size];
      if (leftSize - a.dataSetOffset !== rightSize - b.dataSetOffset) return false;
      return await sameBytes(left, a.dataSetOffset, right, b.dataSetOffset);
    } finally {
      await right.close();
    }
  } finally {
    await left.close();
  }
}

async function sameBytes(left: FileHandle, leftStart: number, right: FileHandle, rightStart: number): Promise<boolean> {
  const ours = Buffer.alloc(pieceSize);
  const theirs = Buffer.alloc(pieceSize);
  for (let done = 0; ; ) {
    const length = await readAt(left, ours, leftStart + done);
    if (length !== (await readAt(right, theirs, rightStart + done))) return false;
    if (length === 0) return true;
    if (ours.compare(theirs, 0, length, 0, length) !== 0) return false;
    done += length;
  }
}

/** Fills the piece as far as the file goes; a single read may return less. */
async function readAt(file: FileHandle, piece: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < piece.length) {
    const { bytesRead } = await file.read(piece, filled, piece.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
