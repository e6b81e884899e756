import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { ChunkRange } from "../../contract/upload.ts";
import { type Api, ApiError, NetworkError, TimedOut } from "./api.ts";
import type { PlannedFile } from "./plan.ts";
import type { UploadToken } from "./session.ts";
import { ChunkAnswer } from "./wire.ts";

/** Consecutive chunks of one file that go in one request. */
export interface Piece {
  readonly file: PlannedFile;
  readonly firstChunk: number;
  readonly chunks: number;
}

/** A file is not what it was when the upload began. */
export class FileChanged extends Error {
  override readonly name = "FileChanged";
}

export const chunkCount = (sizeBytes: number, chunkSize: number): number => Math.ceil(sizeBytes / chunkSize);

/** A piece as pieces of at most `most` chunks. */
function split({ file, firstChunk, chunks }: Piece, most: number): Piece[] {
  return Array.from({ length: Math.ceil(chunks / most) }, (_, at) => ({
    file,
    firstChunk: firstChunk + at * most,
    chunks: Math.min(most, chunks - at * most),
  }));
}

/** Missing chunks as requests of at most `perRequest` chunks. */
export const piecesOf = (file: PlannedFile, missing: readonly ChunkRange[], perRequest: number): Piece[] =>
  missing.flatMap(([first, last]) => split({ file, firstChunk: first, chunks: last - first + 1 }, perRequest));

/** The bytes of a piece, as they lie in the file now. @throws FileChanged where it is shorter than it was */
async function readPiece({ file, firstChunk, chunks }: Piece, chunkSize: number): Promise<Uint8Array<ArrayBuffer>> {
  const start = firstChunk * chunkSize;
  const bytes = new Uint8Array(Math.min(chunks * chunkSize, file.sizeBytes - start));
  const handle = await open(file.path, "r");
  try {
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await handle.read(bytes, at, bytes.length - at, start + at);
      if (bytesRead === 0)
        throw new FileChanged(`${file.name} has changed while it was being sent; run the command again.`);
      at += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

export interface ChunkSender {
  readonly api: Api;
  readonly token: UploadToken;
  readonly uploadId: string;
  readonly chunkSize: number;
  /** Told how many bytes more the server holds for sure. */
  readonly stored: (bytes: number) => void;
  /** Told when the line turns out to be slow. */
  readonly slow?: () => void;
}

const answered = (error: unknown, status: number) => error instanceof ApiError && error.status === status;
/** This side's patience ended, or the server's. */
const tooSlow = (error: unknown) => error instanceof TimedOut || answered(error, 408);
/** A proxy that takes less at once. */
const tooLarge = (error: unknown) => answered(error, 413);
/** What a smaller request may get through. */
const tooMuchAtOnce = (error: unknown) => error instanceof NetworkError || tooSlow(error) || tooLarge(error);
const spoiltOnTheWay = (error: unknown) => error instanceof ApiError && error.code === "digest_mismatch";

async function put(sender: ChunkSender, piece: Piece): Promise<void> {
  const bytes = await readPiece(piece, sender.chunkSize);
  const digest = createHash("sha256").update(bytes).digest("base64");
  const query = new URLSearchParams({ file_id: piece.file.fileId, chunk_index: String(piece.firstChunk) });
  const answer = await sender.token.use((token) =>
    sender.api.call(
      {
        method: "PUT",
        path: `/upload/${sender.uploadId}/chunk?${query}`,
        token,
        bytes,
        headers: { "content-digest": `sha-256=:${digest}:` }, // RFC 9530
        timeoutMs: 60_000 + bytes.length / 20, // down to 20 kB/s before the request is tried again
        attempts: piece.chunks > 1 ? 2 : 30,
      },
      ChunkAnswer,
    ),
  );
  const last = piece.firstChunk + piece.chunks - 1;
  if (answer.received_chunk_index !== last) throw new NetworkError("The server took only a part of what was sent.");
  sender.stored(bytes.length);
}

interface Job {
  readonly piece: Piece;
  /** How often this very piece did not get through. */
  readonly failures: number;
}

const fresh = (piece: Piece): Job => ({ piece, failures: 0 });
const halfOf = ({ chunks }: Piece) => Math.ceil(chunks / 2);

/** What is sent instead of a piece that did not get through: it once more, or its halves. @throws what cannot be mended */
function instead({ piece, failures }: Job, error: unknown): Job[] {
  if (error instanceof ApiError && error.code === "chunk_conflict") {
    throw new FileChanged(`${piece.file.name} is not the file that was sent before; run the command again.`);
  }
  const again = [{ piece, failures: failures + 1 }];
  if (spoiltOnTheWay(error) && failures < 4) return again;
  if (tooMuchAtOnce(error) && piece.chunks > 1) return split(piece, halfOf(piece)).map(fresh);
  if (tooSlow(error) && failures < 29) return again;
  throw error;
}

/**
 * Sends the pieces, several at once; the first failure stops the rest.
 * After the first time-out one at a time and never again as much at once: requests that share a slow line each take
 * a multiple of their time, so that none of them would ever get through.
 */
export async function sendPieces(sender: ChunkSender, pieces: readonly Piece[], atOnce = 4): Promise<void> {
  const queue = pieces.map(fresh).reverse(); // the next one at the end
  const line = { lanes: atOnce, chunks: Number.POSITIVE_INFINITY };
  let running = 0;
  let failed = false;

  const next = (): Job | undefined => {
    const job = queue.pop();
    if (job === undefined || job.piece.chunks <= line.chunks) return job;
    queue.push(...split(job.piece, line.chunks).map(fresh).reverse());
    return queue.pop();
  };
  const learn = (piece: Piece, error: unknown) => {
    if (tooSlow(error) && line.lanes > 1) sender.slow?.();
    if (tooSlow(error)) line.lanes = 1;
    if (tooSlow(error) || tooLarge(error)) line.chunks = Math.min(line.chunks, halfOf(piece));
  };
  const lane = async () => {
    running += 1;
    while (!failed && running <= line.lanes) {
      const job = next();
      if (job === undefined) break;
      try {
        await put(sender, job.piece);
      } catch (error) {
        learn(job.piece, error);
        queue.push(...instead(job, error).reverse());
      }
    }
    running -= 1;
  };
  const stop = (error: unknown) => {
    failed = true;
    throw error;
  };
  const lanes = await Promise.allSettled(Array.from({ length: atOnce }, () => lane().catch(stop)));
  const broken = lanes.find((result) => result.status === "rejected");
  if (broken !== undefined) throw broken.reason;
}
