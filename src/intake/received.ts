import { statSync, truncateSync } from "node:fs";
import { RelayError } from "../core/errors.ts";
import type { UploadFileRow, UploadRow } from "../db/uploads.ts";
import { hashInstance } from "../dicom/data-set-bytes.ts";
import type { Spool } from "../upload/spool.ts";
import type { SpooledFile } from "./expand.ts";
import type { FindingBook } from "./finding-book.ts";

/** The upload's files as they lie on the spool; one that is not what its sender declared is refused. @throws RelayError files_lost */
export async function receivedFiles(
  rows: readonly UploadFileRow[],
  upload: UploadRow,
  spool: Spool,
  book: FindingBook,
): Promise<SpooledFile[]> {
  const files: SpooledFile[] = [];
  for (const row of rows) {
    if (row.state === "already_delivered") continue;
    const name = row.name ?? row.fileId;
    const size = row.sizeBytes ?? row.receivedBytes;
    if (size === 0) {
      book.add("left_out", "warning", name, "The file is empty.");
      continue;
    }
    const path = spool.receivedFile(row.id);
    const absolute = spool.path(upload.id, path);
    const onDisk = statSync(absolute, { throwIfNoEntry: false })?.size ?? -1;
    if (onDisk < size) throw new RelayError("files_lost");
    // A refused request may have written past the end of a file whose size was not known yet.
    if (onDisk > size) truncateSync(absolute, size);
    if (row.sha256 === null) {
      files.push({ path, size, name });
      continue;
    }
    const sha256 = await hashInstance(absolute, null, 0);
    if (sha256 === row.sha256.toLowerCase()) files.push({ path, size, name, sha256 });
    else book.add("file_differs", "refused", name);
  }
  return files;
}
