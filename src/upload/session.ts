import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { type Actor, record, theBox } from "../audit/record.ts";
import { isTerminal, uploadTransitions } from "../contract/states.ts";
import {
  type ChunkRange,
  chunkSizes,
  type ExpectedStudy,
  type LineMeasured,
  type StudyMetadata,
  type UploadInit,
} from "../contract/upload.ts";
import type { Moment } from "../core/clock.ts";
import type { Config } from "../core/config-schema.ts";
import { RelayError } from "../core/errors.ts";
import type { Database, Transaction } from "../db/database.ts";
import { claimInvitation, findInvitation } from "../db/invitations.ts";
import { rangesByFile } from "../db/ranges.ts";
import {
  countOpenUploads,
  deleteFile,
  endedNow,
  filesOf,
  findByIdempotencyKey,
  findUpload,
  insertFiles,
  insertUpload,
  outstandingBytes,
  setSize,
  type UploadFileRow,
  type UploadRow,
  updateUpload,
} from "../db/uploads.ts";
import { hashOf } from "./body-hash.ts";
import { chunkCount, missingRanges } from "./ranges.ts";
import { checkInit, requireNotGone } from "./rules.ts";
import type { Spool } from "./spool.ts";

/** Of the room that is left, what the uploads of one person may have promised together; a single one may have all of it (T25). */
const personsShare = 3 / 4;
const shareWords =
  "Your unfinished uploads take most of the space that is left. Finish or cancel one of them, then send this one.";

export interface SessionDeps {
  readonly db: Database;
  readonly spool: Spool;
  readonly config: () => Config;
  /** Keys the hash of an init body, so that the stored hash gives nothing away. */
  readonly hashKey: Uint8Array;
  readonly unknownDestinations: (ids: readonly string[]) => string[];
  /** Which of these files every destination of the route confirmed before: object keys by SHA-256. */
  readonly alreadyDelivered: (upload: DeclaredFiles) => ReadonlyMap<string, string>;
  readonly now: () => Moment;
}

/** Who opens an upload; a QR session's guest in the name of the person who invited. */
export interface Opener {
  readonly userId: string;
  readonly invitationId: string | null;
  readonly by: Actor;
}

/** What is known of an upload's files before their bytes. */
export interface DeclaredFiles {
  readonly userId: string;
  readonly metadata: StudyMetadata;
  readonly expected: readonly ExpectedStudy[] | null;
  readonly serviceLevel: "routine" | "stat";
  readonly destinationIds: string[];
  /** SHA-256 of every file, "" where it was not told. */
  readonly hashes: readonly string[];
}

/**
 * Opens an upload, or answers the one an earlier request with the same Idempotency-Key opened. What 20 000 files take is
 * spread over a few turns of the event loop; nothing happens between the last checks and the rows.
 * @throws RelayError as CONTRACT §3 lists for `POST /upload/init`
 */
export async function initUpload(
  deps: SessionDeps,
  { userId, invitationId, by }: Opener,
  body: UploadInit,
  ownKey: string | null,
): Promise<UploadRow> {
  const { db, spool } = deps;
  const { limits } = deps.config();
  // A guest's keys are its own: none of them answers an upload of the person who invited.
  const key = ownKey !== null && invitationId !== null ? `${invitationId} ${ownKey}` : ownKey;
  const hash = key === null ? null : await hashOf(deps.hashKey, body);
  const earlier = () => {
    const row = key === null ? undefined : findByIdempotencyKey(db.orm, userId, key);
    if (row && row.idempotencyHash !== hash) throw new RelayError("idempotency_key_reused");
    return row;
  };
  const before = earlier();
  if (before) return before;
  await setImmediate();
  const invitation = invitationId === null ? null : openInvitation(db, invitationId, body);
  const metadata = { ...body.study_metadata, ...(invitation ? { destination_ids: invitation.destinationIds } : {}) };
  checkInit(body, limits, deps.unknownDestinations(metadata.destination_ids ?? []));
  const asked = { serviceLevel: metadata.service_level ?? "routine", destinationIds: metadata.destination_ids ?? [] };
  const expected = body.expected_studies ?? null;
  // What was delivered before is no guest's business.
  const hashes = body.resend || invitation ? [] : (body.files ?? []).map(({ sha256 = "" }) => sha256);
  await setImmediate();
  const known = hashes.some(Boolean)
    ? deps.alreadyDelivered({ userId, metadata, expected, hashes, ...asked })
    : new Map<string, string>();
  await setImmediate();

  const meanwhile = earlier();
  if (meanwhile) return meanwhile;
  const open = countOpenUploads(db.orm, userId);
  if (open >= limits.max_open_uploads_per_user)
    throw new RelayError("too_many_uploads", undefined, { retryAfterSeconds: 60 });
  const promised = outstandingBytes(db.orm);
  if (!spool.hasRoomFor(body.total_size_bytes, promised))
    throw new RelayError("insufficient_storage", undefined, { retryAfterSeconds: 60 });
  const own = outstandingBytes(db.orm, userId);
  if (open > 0 && !spool.hasRoomFor((own + body.total_size_bytes) / personsShare, promised - own))
    throw new RelayError("insufficient_storage", shareWords, { retryAfterSeconds: 60 });

  const id = randomUUID();
  const now = deps.now();
  try {
    spool.create(id);
    return db.transaction(insertOpened);
  } catch (error) {
    void spool.remove(id).catch(() => undefined); // what cannot be removed goes at the next start
    throw error;
  }

  function insertOpened(tx: Transaction): UploadRow {
    if (invitationId !== null && !claimInvitation(tx, invitationId, id)) throw oneUploadOnly();
    insertUpload(tx, {
      id,
      invitationId,
      userId,
      state: "receiving",
      ...asked,
      metadata,
      expectedStudies: expected,
      resendReason: body.resend?.reason ?? null,
      totalFiles: body.total_files,
      totalSizeBytes: body.total_size_bytes,
      chunkSize: body.chunk_size ?? chunkSizes.default,
      filesDeclared: body.files !== undefined,
      idempotencyKey: key,
      idempotencyHash: hash,
      createdAt: now.wall,
      lastTrafficAt: now.box,
    });
    insertFiles(
      tx,
      id,
      (body.files ?? []).map((file) => ({
        fileId: file.file_id,
        name: file.name,
        sizeBytes: file.size_bytes,
        sha256: file.sha256 || null,
        ...(file.sha256 && known.has(file.sha256)
          ? {
              state: "already_delivered" as const,
              objectKey: known.get(file.sha256) ?? null,
              receivedBytes: file.size_bytes,
            }
          : { state: "needed" as const }),
      })),
    );
    record(tx, {
      by,
      event: "upload.opened",
      uploadId: id,
      details: { files: body.total_files, bytes: body.total_size_bytes },
    });
    if (body.resend) {
      const reason = { text: body.resend.reason, box: now.box };
      record(tx, { by, event: "upload.resend", uploadId: id, reason });
    }
    return findUpload(tx, id) as UploadRow;
  }
}

const oneUploadOnly = () => new RelayError("forbidden", "This code is good for one study, which was sent already.");

/** What binds a guest's upload. @throws RelayError forbidden: a second upload, or another destination */
function openInvitation(db: Database, id: string, body: UploadInit): { readonly destinationIds: string[] } {
  const row = findInvitation(db.orm, id);
  if (!row || row.uploadId !== null) throw oneUploadOnly();
  const destinationIds = row.destinationId === null ? [] : [row.destinationId];
  const asked = body.study_metadata?.destination_ids ?? [];
  if (asked.some((one) => !destinationIds.includes(one)))
    throw new RelayError("forbidden", "This code does not let its guest choose where the study goes.");
  return { destinationIds };
}

/** What of each file is missing, as chunk ranges; complete files are left out. */
export function missingByFile(db: Database, upload: UploadRow, files: readonly UploadFileRow[]) {
  const ranges = rangesByFile(db.orm, upload.id);
  const missing = new Map<number, ChunkRange[]>();
  for (const file of files) {
    if (file.state === "already_delivered") continue;
    const received = ranges.get(file.id) ?? [];
    // Without a size the chunks themselves say where the file ends.
    const count =
      file.sizeBytes === null ? (received.at(-1)?.[1] ?? -1) + 1 : chunkCount(file.sizeBytes, upload.chunkSize);
    const gaps = missingRanges(received, count);
    if (gaps.length > 0) missing.set(file.id, gaps);
  }
  return missing;
}

/** The upload's files. @throws RelayError upload_incomplete */
export function requireAllBytes(db: Database, upload: UploadRow): UploadFileRow[] {
  const files = filesOf(db.orm, upload.id);
  const missing = missingByFile(db, upload, files);
  if (missing.size === 0) return files;
  throw new RelayError("upload_incomplete", undefined, {
    members: {
      missing: files
        .filter((file) => missing.has(file.id))
        .map((file) => ({ file_id: file.fileId, missing: missing.get(file.id) })),
    },
  });
}

/**
 * Closes the upload for bytes and hands it to intake. Again: no change.
 * @param line what the device measured while it sent
 * @returns whether intake has new work
 * @throws RelayError upload_incomplete, totals_mismatch, upload_expired, upload_cancelled
 */
export function completeUpload(
  deps: Pick<SessionDeps, "db" | "now">,
  upload: UploadRow,
  by: Actor,
  line?: LineMeasured,
): boolean {
  const { db } = deps;
  if (upload.completedAt !== null) return false; // whatever became of it since is the answer
  requireNotGone(upload);
  if (upload.state !== "receiving") return false;
  const files = requireAllBytes(db, upload);
  return db.transaction((tx) => {
    const present = requireNotGoneAgain(findUpload(tx, upload.id));
    if (present.state !== "receiving") return false;
    // A file that was announced by a chunk which never made it does not count.
    const isReal = (file: UploadFileRow) => file.sizeBytes !== null || file.receivedBytes > 0;
    const real = files.filter(isReal);
    for (const file of files) {
      if (!isReal(file)) deleteFile(tx, file);
      else if (file.sizeBytes === null) setSize(tx, file, file.receivedBytes);
    }
    const sum = real.reduce((bytes, file) => bytes + (file.sizeBytes ?? file.receivedBytes), 0);
    if (real.length !== upload.totalFiles || sum !== upload.totalSizeBytes)
      throw new RelayError("totals_mismatch", undefined, {
        errors: [
          { path: "total_files", message: `${real.length} of ${upload.totalFiles} files are here` },
          { path: "total_size_bytes", message: `${sum} of ${upload.totalSizeBytes} bytes are here` },
        ],
      });
    const { wall, box } = deps.now();
    updateUpload(tx, upload.id, {
      state: "processing",
      completedAt: wall,
      lastTrafficAt: box,
      lineBytesPerSecond: line?.bytes_per_second ?? null,
      lineStalls: line?.stalls ?? null,
      lineBreaks: line?.breaks ?? null,
    });
    const details = { files: upload.totalFiles, bytes: upload.totalSizeBytes };
    record(tx, { by, event: "upload.completed", uploadId: upload.id, details });
    return true;
  });
}

function requireNotGoneAgain(upload: UploadRow | undefined): UploadRow {
  if (!upload) throw new RelayError("not_found");
  requireNotGone(upload);
  return upload;
}

/** Moves an upload along contract/states.ts; a move the table does not know is an error. */
export function moveUpload(
  tx: Transaction,
  upload: UploadRow,
  to: UploadRow["state"],
  now: Moment,
  values: Parameters<typeof updateUpload>[2] = {},
): void {
  if (!uploadTransitions[upload.state].includes(to))
    throw new Error(`an upload does not go from ${upload.state} to ${to}`);
  updateUpload(tx, upload.id, { ...values, state: to, ...(isTerminal(to) ? endedNow(now) : {}) });
  if (isTerminal(to)) record(tx, { by: theBox, event: "upload.ended", uploadId: upload.id, details: { state: to } });
}
