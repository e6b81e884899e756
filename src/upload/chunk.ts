import { createHash } from "node:crypto";
import { closeSync, fdatasync, readSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import { type ChunkRange, maxRequestBytes } from "../contract/upload.ts";
import type { Moment } from "../core/clock.ts";
import { coalescedBy } from "../core/coalesce.ts";
import { isDiskFull } from "../core/disk-full.ts";
import { syncFolderSoon } from "../core/durable-file.ts";
import { RelayError } from "../core/errors.ts";
import type { Database, Transaction } from "../db/database.ts";
import { addRange, rangesWithin } from "../db/ranges.ts";
import { addReceived } from "../db/received.ts";
import {
  deleteUnknownFile,
  fileTotals,
  findFile,
  findState,
  type UploadFileRow,
  type UploadRow,
} from "../db/uploads.ts";
import { type BodyHeaders, readBody } from "./body.ts";
import { Claims } from "./claims.ts";
import { type Declaration, knownWith, tooMuch } from "./declare.ts";
import { OpenRequests } from "./open-requests.ts";
import { chunkCount, contains, rangeBytes } from "./ranges.ts";
import { requireReceiving } from "./rules.ts";
import type { Spool } from "./spool.ts";

const syncData = promisify(fdatasync);
/** A study of many files comes over several connections: one sync of their folder keeps the names of all. */
const syncNames = coalescedBy(syncFolderSoon);
/** How long a request waits for another one that carries the same chunk. */
const waitForOthersMs = 10_000;

export interface ChunkRequest {
  readonly upload: UploadRow;
  readonly file: UploadFileRow;
  /** What the query says of the file; it counts once the bytes do. */
  readonly said: Declaration;
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
  maxFileBytes: () => number;
  now: () => Moment;
  openRequests?: OpenRequests;
  /** Told of a file when its last byte is on record; with its SHA-256, hex, where it came in this one request. */
  onWhole?: (file: { uploadId: string; fileRow: number; size: number; sha256: string | undefined }) => void;
}) {
  const { db, spool, openRequests = new OpenRequests() } = deps;
  const claimsByFile = new Map<number, Claims>();

  /** @returns the number of the last chunk the request carried */
  return async function receive(request: ChunkRequest): Promise<number> {
    const { upload, file, firstChunk } = request;
    const claims = claimsByFile.get(file.id) ?? new Claims();
    claimsByFile.set(file.id, claims);
    const before = rangesWithin(
      db.orm,
      file.id,
      firstChunk,
      firstChunk + Math.ceil(maxRequestBytes / upload.chunkSize),
    );
    const claim = claims.begin((chunk) => contains(before, chunk));
    let kept = false;
    let leave: (() => void) | undefined;
    let fd: number | undefined;
    /** Opened with the first piece: a request that only waits holds nothing but its connection. */
    const target = () => {
      fd ??= spool.openReceived(upload.id, file.id);
      return fd;
    };
    try {
      leave = openRequests.begin(upload.userId);
      const { sizeBytes } = knownWith(db.orm, upload, file, request.said);
      const start = firstChunk * upload.chunkSize;
      const room = (sizeBytes ?? Math.min(upload.totalSizeBytes, deps.maxFileBytes())) - start;
      const fit = { room, chunkSize: upload.chunkSize, sized: sizeBytes !== null };
      if (request.contentLength !== null && !request.headers.gzip) requireFits(request.contentLength, fit);
      if (room < 0 || (room === 0 && start > 0)) throw outOfRange();
      spool.requireRoom(Math.min(room, request.contentLength ?? 0));

      // What every destination has is not needed again; the bytes are looked at like all others, and go nowhere.
      const needed = file.state === "needed";
      let position = start;
      const body = await readBody(request.body, {
        headers: request.headers,
        maxBytes: Math.min(room, maxRequestBytes),
        tooLong: () => (room < maxRequestBytes ? outOfRange() : new RelayError("request_too_large")),
        idleSeconds: deps.idleSeconds(),
        signal: request.signal,
        write: (piece) => {
          if (!needed) return;
          // Without a size nothing else keeps a late request from writing behind the end of a file that is complete.
          if (sizeBytes === null) requireReceiving(findState(db.orm, upload.id));
          for (let from = 0; from < piece.length; ) {
            const chunk = Math.floor(position / upload.chunkSize);
            const length = Math.min(piece.length - from, (chunk + 1) * upload.chunkSize - position);
            if (claim.mayWrite(chunk)) writeFully(target(), piece, from, length, position);
            from += length;
            position += length;
          }
        },
      });
      requireFits(body.decodedBytes, fit);
      const last = Math.max(firstChunk, Math.ceil((start + body.decodedBytes) / upload.chunkSize) - 1);
      if (!needed) return last;
      const mine = await claim.seal(waitForOthersMs);
      if (mine === null) throw tryAgain();
      if (claim.foreignChunks.length > 0) {
        requireReceiving(findState(db.orm, upload.id)); // what an ended upload had received is no longer on record
        const now = rangesWithin(db.orm, file.id, firstChunk, last);
        if (!claim.foreignChunks.every((chunk) => contains(now, chunk))) throw tryAgain();
        if (!digestOnDisk(target(), start, body.decodedBytes).equals(body.sha256))
          throw new RelayError("chunk_conflict");
      }
      if (mine.length > 0) {
        await syncData(target());
        // The file's name must survive a power cut as well; once bytes of it are on record, it has.
        if (file.receivedBytes === 0) {
          requireReceiving(findState(db.orm, upload.id)); // the folder of an ended upload may be gone
          await syncNames(spool.receivedFolder(upload.id));
        }
      }
      const { size, received } = await db.commit((tx) => record(tx, request, mine, body.decodedBytes));
      kept = true;
      if (size === received && mine.length > 0) {
        const sha256 = body.decodedBytes === size ? body.sha256.toString("hex") : undefined;
        deps.onWhole?.({ uploadId: upload.id, fileRow: file.id, size, sha256 });
      }
      return last;
    } catch (error) {
      throw isDiskFull(error) ? new RelayError("insufficient_storage", undefined, { cause: error }) : error;
    } finally {
      claim.end(kept); // first: nothing that fails below may leave its chunks claimed
      leave?.();
      try {
        if (claims.idle) {
          claimsByFile.delete(file.id);
          // Of a refused request nothing is kept, not even that there is such a file.
          if (!kept && !upload.filesDeclared && db.transaction((tx) => deleteUnknownFile(tx, file.id)))
            spool.dropReceived(upload.id, file.id);
        }
      } finally {
        if (fd !== undefined) closeSync(fd);
      }
    }
  };

  /** The row, on disk before the answer. Whatever changed while the bytes came (cancel, expiry, the file's size) wins. */
  function record(
    tx: Transaction,
    { upload, file, said, firstChunk }: ChunkRequest,
    mine: readonly number[],
    length: number,
  ): { readonly size: number | null; readonly received: number } {
    const { chunkSize } = upload;
    const end = firstChunk * chunkSize + length;
    requireReceiving(findState(tx, upload.id));
    const row = findFile(tx, upload.id, file.fileId);
    if (!row) throw new RelayError("file_unknown");
    const known = knownWith(tx, upload, row, said);
    // A chunk that is not full is the file's last one: it says where the file ends.
    const size = known.sizeBytes ?? (length > 0 && length % chunkSize === 0 ? null : end);
    if (size !== null) {
      if (end > size || (end < size && length % chunkSize !== 0)) throw outOfRange();
      // Behind a size that is on record nothing is.
      const from = chunkCount(size, chunkSize);
      if (row.sizeBytes === null && rangesWithin(tx, file.id, from, Number.MAX_SAFE_INTEGER).length > 0)
        throw outOfRange();
    }
    let added = 0;
    for (const range of consecutive(mine)) {
      addRange(tx, file.id, range[0], range[1]);
      added += rangeBytes(range, chunkSize, size);
    }
    addReceived(tx, row, { bytes: added, name: known.name, size, now: deps.now().box });
    if (!upload.filesDeclared && fileTotals(tx, upload.id).received > upload.totalSizeBytes) throw tooMuch();
    return { size, received: row.receivedBytes + added };
  }
}

const tryAgain = () => new RelayError("service_unavailable", undefined, { retryAfterSeconds: 1 });
const outOfRange = () => new RelayError("chunk_out_of_range");

/** All chunks but a file's last are full (CONTRACT §3). */
function requireFits(length: number, fit: { room: number; chunkSize: number; sized: boolean }): void {
  if (length > maxRequestBytes) throw new RelayError("request_too_large");
  const full = length > 0 && length % fit.chunkSize === 0;
  const endsFile = length === fit.room || (!fit.sized && length > 0);
  if (length > fit.room || !(full || endsFile)) throw outOfRange();
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
