import { and, eq, gte, inArray, lte } from "drizzle-orm";
import type { ChunkRange } from "../contract/upload.ts";
import type { Queries } from "./database.ts";
import { receivedRange, uploadFile } from "./schema.ts";

/** Received ranges of a file that touch first..last, in order. */
export const rangesWithin = (db: Queries, file: number, first: number, last: number): ChunkRange[] =>
  db
    .select()
    .from(receivedRange)
    .where(and(eq(receivedRange.file, file), lte(receivedRange.first, last), gte(receivedRange.last, first)))
    .orderBy(receivedRange.first)
    .all()
    .map((row) => [row.first, row.last]);

/** Adds a range and melts it with what it touches, so that a complete file is one row. */
export function addRange(db: Queries, file: number, first: number, last: number): void {
  const touching = rangesWithin(db, file, first - 1, last + 1);
  const starts = touching.map(([start]) => start);
  if (starts.length > 0)
    db.delete(receivedRange)
      .where(and(eq(receivedRange.file, file), inArray(receivedRange.first, starts)))
      .run();
  db.insert(receivedRange)
    .values({
      file,
      first: Math.min(first, ...starts),
      last: Math.max(last, ...touching.map(([, end]) => end)),
    })
    .run();
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
