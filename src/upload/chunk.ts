import { createHash } from "node:crypto";
import { closeSync, fdatasync, readSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import { type ChunkRange, maxRequestBytes } from "../contract/upload.ts";
import { isDiskFull } from "../core/disk-full.ts";
import { RelayError } from "../core/errors.ts";
import type { Database } from "../db/database.ts";
import { addRange, rangesWithin } from "../db/ranges.ts";
import { addReceived, findUpload, type UploadFileRow, type UploadRow } from "../db/uploads.ts";
import { type BodyHeaders, readBody } from "./body.ts";
import { Claims } from "./claims.ts";
import { contains, rangeBytes } from "./ranges.ts";
import { requireReceiving } from "./rules.ts";
import { type Spool, syncFolder } from "./spool.ts";

const syncData = promisify(fdatasync);
/** How long a request waits for another one that carries the same chunk. */
const waitForOthersMs = 10_000;

export interface ChunkRequest {
  readonly upload: UploadRow;
  readonly file: UploadFileRow;
  /** Number of the first chunk in the body. */
  readonly firstChunk: number;
  readonly headers: BodyHeaders;
  readonly contentLength: number | null;
  readonly body: ReadableStream<Uint8Array> | null;
  readonly signal: AbortSignal;
}

/** Receives chunks: bytes at their offset, synced, then the row, then the answer. */
export function createChunkReceiver(deps: {
  db: Database;
  spool: Spool;
  idleSeconds: () => number;
  now: () => number;
}) {
  const { db, spool } = deps;
  const claimsByFile = new Map<number, Claims>();

  /** @returns the number of the last chunk the request carried */
  return async function receive(request: ChunkRequest): Promise<number> {
    const { upload, file, firstChunk } = request;
    const start = firstChunk * upload.chunkSize;
    const room = roomIn(upload, file, start);
    if (room <= 0) throw new RelayError("chunk_out_of_range", "The chunk begins at or past the end of the file.");
    if (request.contentLength !== null && !request.headers.gzip) requireFits(request.contentLength, room, upload, file);
    spool.requireRoom(Math.min(room, request.contentLength ?? 0));

    const claims = claimsByFile.get(file.id) ?? new Claims();
    claimsByFile.set(file.id, claims);
    const lastPossible = firstChunk + Math.ceil(Math.min(room, maxRequestBytes) / upload.chunkSize) - 1;
    const before = rangesWithin(db.orm, file.id, firstChunk, lastPossible);
    const claim = claims.begin((chunk) => contains(before, chunk));
    let kept = false;
    let fd: number | undefined;
    try {
      const target = spool.openReceived(upload.id, file.id);
      fd = target;
      let position = start;
      const body = await readBody(request.body, {
        headers: request.headers,
        maxBytes: Math.min(room, maxRequestBytes),
        idleSeconds: deps.idleSeconds(),
        signal: request.signal,
        write: (piece) => {
          for (let from = 0; from < piece.length; ) {
            const chunk = Math.floor(position / upload.chunkSize);
            const length = Math.min(piece.length - from, (chunk + 1) * upload.chunkSize - position);
            if (claim.mayWrite(chunk)) writeFully(target, piece, from, length, position);
            from += length;
            position += length;
          }
        },
      });
      requireFits(body.decodedBytes, room, upload, file);
      const last = firstChunk + Math.ceil(body.decodedBytes / upload.chunkSize) - 1;
      const mine = claim.seal();
      if (claim.foreignChunks.length > 0) {
        if (!(await claim.othersDone(waitForOthersMs))) throw tryAgain();
        const now = rangesWithin(db.orm, file.id, firstChunk, last);
        if (!claim.foreignChunks.every((chunk) => contains(now, chunk))) throw tryAgain();
        if (!digestOnDisk(target, start, body.decodedBytes).equals(body.sha256)) throw new RelayError("chunk_conflict");
      }
      if (mine.length > 0) {
        await syncData(target);
        // The file's name must survive a power cut as well; once bytes of it are on record, it has.
        if (file.receivedBytes === 0) syncFolder(spool.receivedFolder(upload.id));
      }
      record(upload, file, mine, body.decodedBytes, start);
      kept = true;
      return last;
    } catch (error) {
      throw isDiskFull(error) ? new RelayError("insufficient_storage", undefined, { cause: error }) : error;
    } finally {
      if (fd !== undefined) closeSync(fd);
      claim.end(kept);
      if (claims.idle) claimsByFile.delete(file.id);
    }
  };

  /** The row, on disk before the answer. Whatever changed while the bytes came (cancel, expiry) wins. */
  function record(upload: UploadRow, file: UploadFileRow, mine: number[], length: number, start: number): void {
    db.transaction((tx) => {
      requireReceiving(findUpload(tx, upload.id));
      const end = start + length;
      const size = file.sizeBytes ?? (length % upload.chunkSize === 0 ? null : end);
      if (file.sizeBytes === null && size !== null) {
        // A short chunk is a file's last one: nothing may lie behind it.
        if (rangesWithin(tx, file.id, Math.ceil(end / upload.chunkSize), Number.MAX_SAFE_INTEGER).length > 0)
          throw new RelayError("chunk_out_of_range", "Only a file's last chunk may be shorter than chunk_size.");
      }
      let added = 0;
      for (const range of consecutive(mine)) {
        addRange(tx, file.id, range[0], range[1]);
        added += rangeBytes(range, upload.chunkSize, size);
      }
      addReceived(tx, { uploadId: upload.id, file: file.id, bytes: added, size, now: deps.now() });
    });
  }
}

const tryAgain = () => new RelayError("service_unavailable", undefined, { retryAfterSeconds: 1 });

/** Bytes between `start` and the end the file can have. */
function roomIn(upload: UploadRow, file: UploadFileRow, start: number): number {
  return (file.sizeBytes ?? upload.totalSizeBytes) - start;
}

/** All chunks but a file's last are full (CONTRACT §3). */
function requireFits(length: number, room: number, upload: UploadRow, file: UploadFileRow): void {
  if (length > maxRequestBytes) throw new RelayError("request_too_large");
  const full = length > 0 && length % upload.chunkSize === 0;
  const endsFile = length === room || (file.sizeBytes === null && length > 0);
  if (length > room || !(full || endsFile))
    throw new RelayError("chunk_out_of_range", "The chunk has the wrong length, or goes past the end of the file.");
}

/** A short write is no error for the system call: loop (RELIABILITY fact 7). */
function writeFully(fd: number, piece: Uint8Array, from: number, length: number, position: number): void {
  for (let done = 0; done < length; ) done += writeSync(fd, piece, from + done, length - done, position + done);
}

function digestOnDisk(fd: number, start: number, length: number): Buffer {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(Math.min(length, 256 * 1024));
  for (let done = 0; done < length; ) {
    const read = readSync(fd, buffer, 0, Math.min(buffer.length, length - done), start + done);
    if (read === 0) break;
    hash.update(buffer.subarray(0, read));
    done += read;
  }
  return hash.digest();
}

/** Sorted numbers as runs. */
function consecutive(chunks: readonly number[]): ChunkRange[] {
  const runs: ChunkRange[] = [];
  for (const chunk of chunks) {
    const run = runs.at(-1);
    if (run && run[1] === chunk - 1) run[1] = chunk;
    else runs.push([chunk, chunk]);
  }
  return runs;
}
