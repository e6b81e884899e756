import { and, asc, count, desc, eq, inArray, isNotNull, isNull, lt, or, sql, sum } from "drizzle-orm";
import type { UploadState } from "../contract/states.ts";
import type { Moment } from "../core/clock.ts";
import type { Queries } from "./database.ts";
import { prepared } from "./prepared.ts";
import { finding, receivedRange, upload, uploadFile } from "./schema.ts";

export type UploadRow = typeof upload.$inferSelect;
export type NewUpload = typeof upload.$inferInsert;
export type UploadFileRow = typeof uploadFile.$inferSelect;
export type FindingRow = typeof finding.$inferSelect;
export type NewFinding = Omit<typeof finding.$inferInsert, "id" | "uploadId">;

const uploadById = prepared((db) =>
  db
    .select()
    .from(upload)
    .where(eq(upload.id, sql.placeholder("id")))
    .prepare(),
);
export const findUpload = (db: Queries, id: string): UploadRow | undefined => uploadById(db).get({ id });

export const findByIdempotencyKey = (db: Queries, userId: string, key: string): UploadRow | undefined =>
  db
    .select()
    .from(upload)
    .where(and(eq(upload.userId, userId), eq(upload.idempotencyKey, key)))
    .get();

export const insertUpload = (db: Queries, row: NewUpload): void => {
  db.insert(upload).values(row).run();
};

export const updateUpload = (db: Queries, id: string, values: Partial<NewUpload>): void => {
  db.update(upload).set(values).where(eq(upload.id, id)).run();
};

const openStates: UploadState[] = ["receiving"];

export const countOpenUploads = (db: Queries, userId: string): number =>
  db
    .select({ n: count() })
    .from(upload)
    .where(and(eq(upload.userId, userId), inArray(upload.state, openStates)))
    .get()?.n ?? 0;

/** Bytes promised to unfinished uploads and not here yet. */
export function outstandingBytes(db: Queries): number {
  const declared = db
    .select({ n: sum(upload.totalSizeBytes) })
    .from(upload)
    .where(inArray(upload.state, openStates))
    .get();
  const received = db
    .select({ n: sum(uploadFile.receivedBytes) })
    .from(uploadFile)
    .innerJoin(upload, eq(upload.id, uploadFile.uploadId))
    .where(inArray(upload.state, openStates))
    .get();
  return Number(declared?.n ?? 0) - Number(received?.n ?? 0);
}

/** Newest first; `before` is the last row of the page before. */
export function listUploads(
  db: Queries,
  filter: { userId?: string; states?: UploadState[]; before?: { createdAt: number; id: string }; limit: number },
): UploadRow[] {
  const { before } = filter;
  return db
    .select()
    .from(upload)
    .where(
      and(
        filter.userId === undefined ? undefined : eq(upload.userId, filter.userId),
        filter.states === undefined ? undefined : inArray(upload.state, filter.states),
        before === undefined
          ? undefined
          : or(
              lt(upload.createdAt, before.createdAt),
              and(eq(upload.createdAt, before.createdAt), lt(upload.id, before.id)),
            ),
      ),
    )
    .orderBy(desc(upload.createdAt), desc(upload.id))
    .limit(filter.limit)
    .all();
}

/** Uploads in a state, the urgent ones first, then by how long nothing came. */
export const uploadsIn = (db: Queries, states: UploadState[]): UploadRow[] =>
  db
    .select()
    .from(upload)
    .where(inArray(upload.state, states))
    .orderBy(desc(upload.serviceLevel), asc(upload.lastTrafficAt))
    .all();

/** Ended uploads whose files are still on the spool. */
export const uploadsWithFilesLeft = (db: Queries): { id: string }[] =>
  db
    .select({ id: upload.id })
    .from(upload)
    .where(and(isNotNull(upload.endedAt), isNull(upload.filesRemovedAt)))
    .all();

/** That an upload is over, or is not after all. */
export const endedNow = (now: Moment | null) => ({ endedAt: now?.wall ?? null, endedBox: now?.box ?? null });

/** Uploads that ended before `endedBefore` (box time) and still show patient fields. */
export const uploadsWithNamesLeft = (db: Queries, endedBefore: number): { id: string }[] =>
  db
    .select({ id: upload.id })
    .from(upload)
    .where(and(lt(upload.endedBox, endedBefore), isNull(upload.blankedAt)))
    .limit(500)
    .all();

export const filesOf = (db: Queries, uploadId: string): UploadFileRow[] =>
  db.select().from(uploadFile).where(eq(uploadFile.uploadId, uploadId)).orderBy(uploadFile.id).all();

const fileById = prepared((db) =>
  db
    .select()
    .from(uploadFile)
    .where(and(eq(uploadFile.uploadId, sql.placeholder("uploadId")), eq(uploadFile.fileId, sql.placeholder("fileId"))))
    .prepare(),
);
export const findFile = (db: Queries, uploadId: string, fileId: string): UploadFileRow | undefined =>
  fileById(db).get({ uploadId, fileId });

export const insertFiles = (db: Queries, rows: (typeof uploadFile.$inferInsert)[]): void => {
  for (let start = 0; start < rows.length; start += 500)
    db.insert(uploadFile)
      .values(rows.slice(start, start + 500))
      .run();
};

export const updateFile = (db: Queries, id: number, values: Partial<typeof uploadFile.$inferInsert>): void => {
  db.update(uploadFile).set(values).where(eq(uploadFile.id, id)).run();
};

const fileGrown = prepared((db) =>
  db
    .update(uploadFile)
    .set({
      receivedBytes: sql`${uploadFile.receivedBytes} + ${sql.placeholder("bytes")}`,
      name: sql`${sql.placeholder("name")}`,
      sizeBytes: sql`${sql.placeholder("size")}`,
    })
    .where(eq(uploadFile.id, sql.placeholder("file")))
    .prepare(),
);
const uploadMoved = prepared((db) =>
  db
    .update(upload)
    .set({ lastTrafficAt: sql`${sql.placeholder("now")}` })
    .where(eq(upload.id, sql.placeholder("uploadId")))
    .prepare(),
);

/** Counts received bytes up, and keeps what the chunk said of its file; `now` is box time. */
export function addReceived(
  db: Queries,
  change: { uploadId: string; file: number; bytes: number; name: string | null; size: number | null; now: number },
): void {
  fileGrown(db).run(change);
  uploadMoved(db).run(change);
}

/** A file of which no chunk ever counted; @returns whether it was one */
export const deleteUnknownFile = (db: Queries, id: number): boolean =>
  db
    .delete(uploadFile)
    .where(and(eq(uploadFile.id, id), eq(uploadFile.receivedBytes, 0), isNull(uploadFile.sizeBytes)))
    .returning({ id: uploadFile.id })
    .all().length > 0;

export const deleteFile = (db: Queries, id: number): void => {
  db.delete(uploadFile).where(eq(uploadFile.id, id)).run();
};

/** Sums over the files without loading them. */
export const fileTotals = (db: Queries, uploadId: string): { files: number; declared: number; received: number } => {
  const row = db
    .select({ files: count(), declared: sum(uploadFile.sizeBytes), received: sum(uploadFile.receivedBytes) })
    .from(uploadFile)
    .where(eq(uploadFile.uploadId, uploadId))
    .get();
  return { files: row?.files ?? 0, declared: Number(row?.declared ?? 0), received: Number(row?.received ?? 0) };
};

export const findingsOf = (db: Queries, uploadId: string): FindingRow[] =>
  db.select().from(finding).where(eq(finding.uploadId, uploadId)).orderBy(finding.id).all();

export function addFindings(db: Queries, uploadId: string, rows: readonly NewFinding[]): void {
  for (let start = 0; start < rows.length; start += 500)
    db.insert(finding)
      .values(rows.slice(start, start + 500).map((row) => ({ ...row, uploadId })))
      .run();
}

export const removeFindings = (db: Queries, uploadId: string, codes: readonly FindingRow["code"][]): void => {
  db.delete(finding)
    .where(and(eq(finding.uploadId, uploadId), inArray(finding.code, [...codes])))
    .run();
};

/** Replaces what an earlier, interrupted run of intake had to say. */
export function replaceFindings(db: Queries, uploadId: string, rows: readonly NewFinding[]): void {
  db.delete(finding).where(eq(finding.uploadId, uploadId)).run();
  addFindings(db, uploadId, rows);
}

/** Empties every (P) column of the upload's own tables. */
export function blankUpload(db: Queries, uploadId: string, now: number): void {
  db.update(upload)
    .set({ metadata: null, expectedStudies: null, resendReason: null, idempotencyKey: null, blankedAt: now })
    .where(eq(upload.id, uploadId))
    .run();
  // A client may have taken a file's name for its id.
  db.update(uploadFile)
    .set({ name: null, fileId: sql`CAST(${uploadFile.id} AS TEXT)` })
    .where(eq(uploadFile.uploadId, uploadId))
    .run();
  db.update(finding).set({ fileName: null }).where(eq(finding.uploadId, uploadId)).run();
}

/** The files are gone and nothing more will come: where each chunk lay is of no use any more. */
export const forgetRanges = (db: Queries, uploadId: string): void => {
  const files = db.select({ id: uploadFile.id }).from(uploadFile).where(eq(uploadFile.uploadId, uploadId));
  db.delete(receivedRange).where(inArray(receivedRange.file, files)).run();
};

/** One file is gone, and is asked for again. */
export const forgetReceived = (db: Queries, file: number): void => {
  db.delete(receivedRange).where(eq(receivedRange.file, file)).run();
  db.update(uploadFile).set({ receivedBytes: 0 }).where(eq(uploadFile.id, file)).run();
};
