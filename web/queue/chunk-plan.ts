import type { ChunkRange } from "../../src/contract/upload.ts";

/** One request's worth: consecutive chunks of one file. */
export interface Piece {
  readonly file: number;
  readonly firstChunk: number;
  readonly chunks: number;
  readonly offset: number;
  readonly bytes: number;
}

/** What is still to be sent of one upload. */
export interface ChunkPlan {
  /** Original bytes that the box does not have yet, pieces on their way included. */
  readonly missingBytes: number;
  /** The next piece of at most so many bytes, but at least one chunk; null when all are sent or on their way. */
  take(maxBytes: number): Piece | null;
  /** The box has it. */
  done(piece: Piece): void;
  /** It did not arrive: it is the next to go. */
  giveBack(piece: Piece): void;
}

/**
 * @param sizes bytes of each file
 * @param missing per file the chunk ranges that the box lacks; undefined: all of it
 */
export function planChunks(
  sizes: readonly number[],
  chunkSize: number,
  missing: (file: number) => readonly ChunkRange[] | undefined,
): ChunkPlan {
  const count = (file: number) => Math.ceil((sizes[file] ?? 0) / chunkSize);
  const bytesOf = (file: number, first: number, chunks: number) =>
    Math.min((first + chunks) * chunkSize, sizes[file] ?? 0) - first * chunkSize;
  const open: { file: number; first: number; last: number }[] = [];
  let missingBytes = 0;
  for (let file = sizes.length - 1; file >= 0; file--) {
    const ranges = missing(file) ?? [[0, count(file) - 1]];
    for (const [first, last] of [...ranges].reverse()) {
      if (last < first) continue; // an empty file has no chunk
      open.push({ file, first, last });
      missingBytes += bytesOf(file, first, last - first + 1);
    }
  }
  return {
    get missingBytes() {
      return missingBytes;
    },
    take(maxBytes) {
      const range = open.at(-1);
      if (range === undefined) return null;
      const room = Math.max(1, Math.floor(maxBytes / chunkSize));
      const rest = range.last - range.first + 1;
      // a tail of less than half a piece goes along: it is not worth a request of its own
      const chunks =
        rest <= room * 1.5 && bytesOf(range.file, range.first, rest) <= LARGEST ? rest : Math.min(room, rest);
      const { file, first } = range;
      if (chunks === rest) open.pop();
      else range.first += chunks;
      return { file, firstChunk: first, chunks, offset: first * chunkSize, bytes: bytesOf(file, first, chunks) };
    },
    done(piece) {
      missingBytes -= piece.bytes;
    },
    giveBack({ file, firstChunk, chunks }) {
      open.push({ file, first: firstChunk, last: firstChunk + chunks - 1 });
    },
  };
}

/** No request carries more (CONTRACT §3, max_request_bytes). */
const LARGEST = 8_388_608;
