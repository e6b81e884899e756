import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { ChunkRange } from "../../contract/upload.ts";
import { type Api, ApiError, NetworkError } from "./api.ts";
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

/** Missing chunks as requests of at most `perRequest` chunks. */
export function piecesOf(file: PlannedFile, missing: readonly ChunkRange[], perRequest: number): Piece[] {
  return missing.flatMap(([first, last]) => {
    const pieces: Piece[] = [];
    for (let at = first; at <= last; at += perRequest) {
      pieces.push({ file, firstChunk: at, chunks: Math.min(perRequest, last - at + 1) });
    }
    return pieces;
  });
}

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
}

/** What a smaller request may get through: no answer, or a proxy that takes less at once. */
const tooMuchAtOnce = (error: unknown) =>
  error instanceof NetworkError || (error instanceof ApiError && error.status === 413);
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

/** One piece, in halves where the network does not carry it whole: small requests are what a bad line lets through. */
async function sendPiece(sender: ChunkSender, piece: Piece, tries = 5): Promise<void> {
  try {
    await put(sender, piece);
  } catch (error) {
    if (error instanceof ApiError && error.code === "chunk_conflict") {
      throw new FileChanged(`${piece.file.name} is not the file that was sent before; run the command again.`);
    }
    if (spoiltOnTheWay(error) && tries > 1) return sendPiece(sender, piece, tries - 1);
    if (!tooMuchAtOnce(error) || piece.chunks === 1) throw error;
    const half = Math.ceil(piece.chunks / 2);
    await sendPiece(sender, { ...piece, chunks: half });
    await sendPiece(sender, { ...piece, firstChunk: piece.firstChunk + half, chunks: piece.chunks - half });
  }
}

/** Sends the pieces, several at once; the first failure stops the rest. */
export async function sendPieces(sender: ChunkSender, pieces: readonly Piece[], atOnce = 4): Promise<void> {
  const queue = pieces.values();
  let failed = false;
  const lane = async () => {
    for (const piece of queue) {
      if (failed) return;
      try {
        await sendPiece(sender, piece);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: atOnce }, lane));
  const broken = lanes.find((result) => result.status === "rejected");
  if (broken !== undefined) throw broken.reason;
}
