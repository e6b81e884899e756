import { eq, sql } from "drizzle-orm";
import type { Queries } from "./database.ts";
import { prepared } from "./prepared.ts";
import { upload, uploadFile } from "./schema.ts";
import type { UploadFileRow } from "./uploads.ts";

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
const uploadGrown = prepared((db) =>
  db
    .update(upload)
    .set({
      lastTrafficAt: sql`${sql.placeholder("now")}`,
      declaredBytes: sql`${upload.declaredBytes} + ${sql.placeholder("declared")}`,
      receivedBytes: sql`${upload.receivedBytes} + ${sql.placeholder("bytes")}`,
    })
    .where(eq(upload.id, sql.placeholder("uploadId")))
    .prepare(),
);

/** Counts received bytes up, and keeps what the chunk said of its file; `now` is box time. */
export function addReceived(
  db: Queries,
  file: UploadFileRow,
  change: { bytes: number; name: string | null; size: number | null; now: number },
): void {
  const declared = (change.size ?? 0) - (file.sizeBytes ?? 0);
  fileGrown(db).run({ ...change, file: file.id });
  uploadGrown(db).run({ ...change, uploadId: file.uploadId, declared });
}
