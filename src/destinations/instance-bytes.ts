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
export const dataSetSizeOf = (instance: OutgoingInstance): number =>
  instance.reencoded?.length ?? instance.fileSize - instance.dataSetOffset;

/** Length of the Part 10 object as it leaves, bytes. */
export const sizeOf = (instance: OutgoingInstance): number =>
  instance.head === null ? instance.fileSize : instance.head.length + dataSetSizeOf(instance);

/** For whoever is done with a piece before asking for the next: one buffer instead of two for each image of a CT. */
export const roomForPieces = (): Uint8Array => Buffer.allocUnsafeSlow(PIECE_BYTES);

/**
 * The Part 10 object as it leaves, in pieces of at most 256 KiB.
 * @param room of {@link roomForPieces}: what is read lies in it until the next piece is asked for; without it each piece is its own buffer
 * @throws UnreadableInstance
 */
export async function* bytesOf(instance: OutgoingInstance, room?: Uint8Array): AsyncGenerator<Uint8Array> {
  if (instance.head !== null) yield instance.head;
  if (instance.head === null) yield* fileBytes(instance, 0, instance.fileSize, room);
  else yield* dataSetOf(instance, room);
}

/**
 * The data set alone, as a C-STORE sends it.
 * @throws UnreadableInstance
 */
export async function* dataSetOf(instance: OutgoingInstance, room?: Uint8Array): AsyncGenerator<Uint8Array> {
  if (instance.reencoded === undefined)
    return yield* fileBytes(instance, instance.dataSetOffset, instance.fileSize, room);
  const stretches = await instance.reencoded.stretches().catch((cause: unknown) => {
    throw new UnreadableInstance(instance, cause);
  });
  for (const stretch of stretches) {
    if (stretch instanceof Uint8Array) yield stretch;
    else yield* fileBytes(instance, stretch.from, stretch.from + stretch.length, room);
  }
}

/** Full pieces but for the last: whoever cuts them further relies on it. */
async function* fileBytes(
  instance: OutgoingInstance,
  from: number,
  to: number,
  room?: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const file = await opened(instance);
  try {
    for (let position = from; position < to; position += PIECE_BYTES) {
      const length = Math.min(PIECE_BYTES, to - position);
      const piece = room?.subarray(0, length) ?? Buffer.allocUnsafeSlow(length);
      await fill(file, piece, position, instance);
      yield piece;
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

async function fill(file: FileHandle, piece: Uint8Array, position: number, instance: OutgoingInstance): Promise<void> {
  for (let done = 0; done < piece.length; ) {
    const { bytesRead } = await file.read(piece, done, piece.length - done, position + done).catch((cause: unknown) => {
      throw new UnreadableInstance(instance, cause);
    });
    if (bytesRead === 0) throw new UnreadableInstance(instance); // the file became shorter
    done += bytesRead;
  }
}
