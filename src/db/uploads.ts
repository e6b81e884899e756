import { and, asc, count, desc, eq, inArray, isNotNull, isNull, lt, or, sql, sum } from "drizzle-orm";
import type { SQLiteUpdateSetSource } from "drizzle-orm/sqlite-core";
import type { UploadState } from "../contract/states.ts";
import type { Moment } from "../core/clock.ts";
import type { Queries } from "./database.ts";
import { insertMany } from "./insert-many.ts";
import { prepared } from "./prepared.ts";
import { finding, receivedRange, upload, uploadFile } from "./schema.ts";

export type UploadRow = typeof upload.$inferSelect;
export type NewUpload = typeof upload.$inferInsert;
export type UploadChange = SQLiteUpdateSetSource<typeof upload>;
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

const stateById = prepared((db) =>
  db
    .select({ state: upload.state })
    .from(upload)
    .where(eq(upload.id, sql.placeholder("id")))
    .prepare(),
);
/** Its state alone: the row has many more columns, some of them JSON. */
export const findState = (db: Queries, id: string): Pick<UploadRow, "state"> | undefined => stateById(db).get({ id });

export const findByIdempotencyKey = (db: Queries, userId: string, key: string): UploadRow | undefined =>
  db
    .select()
    .from(upload)
    .where(and(eq(upload.userId, userId), eq(upload.idempotencyKey, key)))
    .get();

export const insertUpload = (db: Queries, row: NewUpload): void => {
  db.insert(upload).values(row).run();
};

export const updateUpload = (db: Queries, id: string, values: UploadChange): void => {
  db.update(upload).set(values).where(eq(upload.id, id)).run();
};

const openStates: UploadState[] = ["receiving"];

export const countOpenUploads = (db: Queries, userId: string): number =>
  db
    .select({ n: count() })
    .from(upload)
    .where(and(eq(upload.userId, userId), inArray(upload.state, openStates)))
    .get()?.n ?? 0;

/** Bytes promised to unfinished uploads, of all or of one person, and not here yet. */
export function outstandingBytes(db: Queries, userId?: string): number {
  const open = db
    .select({ declared: sum(upload.totalSizeBytes), received: sum(upload.receivedBytes) })
    .from(upload)
    .where(and(inArray(upload.state, openStates), userId === undefined ? undefined : eq(upload.userId, userId)))
    .get();
  return Number(open?.declared ?? 0) - Number(open?.received ?? 0);
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

interface Totals {
  readonly files: number;
  readonly declared: number;
  readonly received: number;
}

/** Keeps the sums of an upload's row in step with its files. */
const addTotals = (db: Queries, uploadId: string, { files, declared, received }: Totals): void =>
  updateUpload(db, uploadId, {
    fileCount: sql`${upload.fileCount} + ${files}`,
    declaredBytes: sql`${upload.declaredBytes} + ${declared}`,
    receivedBytes: sql`${upload.receivedBytes} + ${received}`,
  });

/** Adds files to one upload. */
export function insertFiles(
  db: Queries,
  uploadId: string,
  files: readonly Omit<typeof uploadFile.$inferInsert, "id" | "uploadId">[],
): void {
  const rows = files.map((file) => ({
    name: null,
    sizeBytes: null,
    sha256: null,
    receivedBytes: 0,
    objectKey: null,
    askedAt: null,
    ...file,
    uploadId,
  }));
  insertMany(db, uploadFile, rows);
  addTotals(db, uploadId, {
    files: rows.length,
    declared: rows.reduce((bytes, { sizeBytes }) => bytes + (sizeBytes ?? 0), 0),
    received: rows.reduce((bytes, { receivedBytes }) => bytes + (receivedBytes ?? 0), 0),
  });
}

/** What `init` answers of each file. */
export const fileStates = (db: Queries, uploadId: string) =>
  db
    .select({ file_id: uploadFile.fileId, state: uploadFile.state })
    .from(uploadFile)
    .where(eq(uploadFile.uploadId, uploadId))
    .orderBy(uploadFile.id)
    .all();

/** A file that was left out as delivered before is to come after all. */
export function needAgain(tx: Queries, { id, uploadId, receivedBytes }: UploadFileRow): void {
  const values = { state: "needed", receivedBytes: 0, objectKey: null } as const;
  tx.update(uploadFile).set(values).where(eq(uploadFile.id, id)).run();
  addTotals(tx, uploadId, { files: 0, declared: 0, received: -receivedBytes });
}

/** When a destination was asked for a file that was left out. */
export const noteAsked = (tx: Queries, { id }: UploadFileRow, askedAt: number): void => {
  tx.update(uploadFile).set({ askedAt }).where(eq(uploadFile.id, id)).run();
};

/** The size of a file whose chunks had not said it before. */
export function setSize(db: Queries, { id, uploadId }: UploadFileRow, sizeBytes: number): void {
  db.update(uploadFile).set({ sizeBytes }).where(eq(uploadFile.id, id)).run();
  addTotals(db, uploadId, { files: 0, declared: sizeBytes, received: 0 });
}

/** A file of which no chunk ever counted; @returns whether it was one */
export function deleteUnknownFile(tx: Queries, id: number): boolean {
  const [gone] = tx
    .delete(uploadFile)
    .where(and(eq(uploadFile.id, id), eq(uploadFile.receivedBytes, 0), isNull(uploadFile.sizeBytes)))
    .returning({ uploadId: uploadFile.uploadId })
    .all();
  if (gone) addTotals(tx, gone.uploadId, { files: -1, declared: 0, received: 0 });
  return gone !== undefined;
}

export function deleteFile(tx: Queries, { id, uploadId, sizeBytes, receivedBytes }: UploadFileRow): void {
  tx.delete(uploadFile).where(eq(uploadFile.id, id)).run();
  addTotals(tx, uploadId, { files: -1, declared: -(sizeBytes ?? 0), received: -receivedBytes });
}

const totalsByUpload = prepared((db) =>
  db
    .select({ files: upload.fileCount, declared: upload.declaredBytes, received: upload.receivedBytes })
    .from(upload)
    .where(eq(upload.id, sql.placeholder("uploadId")))
    .prepare(),
);
/** Sums over the files, as the upload's row keeps them. */
export const fileTotals = (db: Queries, uploadId: string): Totals =>
  totalsByUpload(db).get({ uploadId }) ?? { files: 0, declared: 0, received: 0 };

const findingsByUpload = prepared((db) =>
  db
    .select()
    .from(finding)
    .where(eq(finding.uploadId, sql.placeholder("uploadId")))
    .orderBy(finding.id)
    .prepare(),
);
export const findingsOf = (db: Queries, uploadId: string): FindingRow[] => findingsByUpload(db).all({ uploadId });

export const addFindings = (db: Queries, uploadId: string, rows: readonly NewFinding[]): void =>
  insertMany(
    db,
    finding,
    rows.map((row) => ({ fileName: null, ...row, uploadId })),
  );

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
export const forgetReceived = (tx: Queries, { id, uploadId, receivedBytes }: UploadFileRow): void => {
  tx.delete(receivedRange).where(eq(receivedRange.file, id)).run();
  tx.update(uploadFile).set({ receivedBytes: 0 }).where(eq(uploadFile.id, id)).run();
  addTotals(tx, uploadId, { files: 0, declared: 0, received: -receivedBytes });
};

/** How many uploads are in each state. @param states only those; the others, of which there may be very many, are not read */
export const uploadsByState = (db: Queries, states?: UploadState[]) =>
  db
    .select({ state: upload.state, count: count() })
    .from(upload)
    .where(states === undefined ? undefined : inArray(upload.state, states))
    .groupBy(upload.state)
    .all();
