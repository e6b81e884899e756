import { readRaw } from "./member-file.ts";

/** Larger ones win nothing, measured. */
const PIECE = 512 * 1024;

/** Two pieces, so that one is read while the other one is written. */
export type Pieces = readonly [Uint8Array, Uint8Array];
export const newPieces = (): Pieces => [new Uint8Array(PIECE), new Uint8Array(PIECE)];

/**
 * A range of a file, piece by piece, each good until the next but one is asked for; it ends early where the file does.
 * @throws the error of the operating system, or the signal's reason
 */
export async function* storedBytes(
  fd: number,
  start: number,
  length: number,
  pieces: Pieces,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let [current, other] = pieces;
  for (let left = length; left > 0; ) {
    signal.throwIfAborted();
    const count = await readRaw(fd, current.subarray(0, left), start + length - left);
    if (count === 0) return;
    left -= count;
    yield current.subarray(0, count);
    [current, other] = [other, current];
  }
}
