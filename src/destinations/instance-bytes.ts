import { type FileHandle, open } from "node:fs/promises";
import type { OutgoingInstance } from "./destination.ts";

const PIECE_BYTES = 256 * 1024;

/** The spool's file of one instance cannot be read in full; the peer is not to blame. */
export class UnreadableInstance extends Error {
  override readonly name = "UnreadableInstance";
  constructor(
    readonly instance: OutgoingInstance,
    cause?: unknown,
  ) {
    super("A file on this box is missing, cannot be read, or has another length than recorded.", { cause });
  }
}

/** Length of the data set, bytes. */
export const dataSetSizeOf = (instance: OutgoingInstance): number => instance.fileSize - instance.dataSetOffset;

/** Length of the Part 10 object as it leaves, bytes. */
export const sizeOf = (instance: OutgoingInstance): number =>
  instance.head === null ? instance.fileSize : instance.head.length + dataSetSizeOf(instance);

/**
 * The Part 10 object as it leaves, in pieces of at most 256 KiB; each piece is its own buffer.
 * @throws UnreadableInstance
 */
export async function* bytesOf(instance: OutgoingInstance): AsyncGenerator<Uint8Array> {
  if (instance.head !== null) yield instance.head;
  yield* fileBytes(instance, instance.head === null ? 0 : instance.dataSetOffset);
}

/**
 * The data set alone, as a C-STORE sends it.
 * @throws UnreadableInstance
 */
export const dataSetOf = (instance: OutgoingInstance): AsyncGenerator<Uint8Array> =>
  fileBytes(instance, instance.dataSetOffset);

async function* fileBytes(instance: OutgoingInstance, from: number): AsyncGenerator<Uint8Array> {
  const file = await opened(instance);
  try {
    for (let position = from; position < instance.fileSize; ) {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, instance.fileSize - position));
      const bytesRead = await readAt(file, piece, position, instance);
      yield bytesRead === piece.length ? piece : piece.subarray(0, bytesRead);
      position += bytesRead;
    }
  } finally {
    await file.close();
  }
}

async function opened(instance: OutgoingInstance): Promise<FileHandle> {
  try {
    return await open(instance.path, "r");
  } catch (cause) {
    throw new UnreadableInstance(instance, cause);
  }
}

async function readAt(file: FileHandle, into: Uint8Array, position: number, instance: OutgoingInstance) {
  try {
    const { bytesRead } = await file.read(into, 0, into.length, position);
    if (bytesRead > 0) return bytesRead;
  } catch (cause) {
    throw new UnreadableInstance(instance, cause);
  }
  throw new UnreadableInstance(instance); // the file became shorter
}
