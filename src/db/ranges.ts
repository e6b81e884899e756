import { and, eq, gte, lte, sql } from "drizzle-orm";
import type { ChunkRange } from "../contract/upload.ts";
import type { Queries } from "./database.ts";
import { prepared } from "./prepared.ts";
import { receivedRange, uploadFile } from "./schema.ts";

const touching = prepared((db) =>
  db
    .select()
    .from(receivedRange)
    .where(
      and(
        eq(receivedRange.file, sql.placeholder("file")),
        lte(receivedRange.first, sql.placeholder("last")),
        gte(receivedRange.last, sql.placeholder("first")),
      ),
    )
    .orderBy(receivedRange.first)
    .prepare(),
);
const grown = prepared((db) =>
  db
    .update(receivedRange)
    .set({ last: sql`${sql.placeholder("last")}` })
    .where(and(eq(receivedRange.file, sql.placeholder("file")), eq(receivedRange.first, sql.placeholder("first"))))
    .prepare(),
);
const removed = prepared((db) =>
  db
    .delete(receivedRange)
    .where(and(eq(receivedRange.file, sql.placeholder("file")), eq(receivedRange.first, sql.placeholder("first"))))
    .prepare(),
);
const added = prepared((db) =>
  db
    .insert(receivedRange)
    .values({ file: sql.placeholder("file"), first: sql.placeholder("first"), last: sql.placeholder("last") })
    .prepare(),
);

/** Received ranges of a file that touch first..last, in order. */
export const rangesWithin = (db: Queries, file: number, first: number, last: number): ChunkRange[] =>
  touching(db)
    .all({ file, first, last })
    .map((row) => [row.first, row.last]);

/** Adds a range and melts it with what it touches, so that a complete file is one row. */
export function addRange(db: Queries, file: number, first: number, last: number): void {
  const before = rangesWithin(db, file, first - 1, last + 1);
  const [only] = before;
  // In order, as nearly all chunks come.
  if (only !== undefined && before.length === 1 && only[0] <= first)
    return void grown(db).run({ file, first: only[0], last: Math.max(last, only[1]) });
  for (const [start] of before) removed(db).run({ file, first: start });
  const starts = before.map(([start]) => start);
  const ends = before.map(([, end]) => end);
  added(db).run({ file, first: Math.min(first, ...starts), last: Math.max(last, ...ends) });
}

/** Ranges of every file of an upload, by file row. */
export function rangesByFile(db: Queries, uploadId: string): Map<number, ChunkRange[]> {
  const byFile = new Map<number, ChunkRange[]>();
  const rows = db
    .select({ file: receivedRange.file, first: receivedRange.first, last: receivedRange.last })
    .from(receivedRange)
    .innerJoin(uploadFile, eq(uploadFile.id, receivedRange.file))
    .where(eq(uploadFile.uploadId, uploadId))
    .orderBy(receivedRange.file, receivedRange.first)
    .all();
  for (const row of rows) {
    const ranges = byFile.get(row.file) ?? [];
    ranges.push([row.first, row.last]);
    byFile.set(row.file, ranges);
  }
  return byFile;
}
