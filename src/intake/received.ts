import { statSync, truncateSync } from "node:fs";
import { RelayError } from "../core/errors.ts";
import type { UploadFileRow, UploadRow } from "../db/uploads.ts";
import { hashInstance } from "../dicom/data-set-bytes.ts";
import type { Spool } from "../upload/spool.ts";
import type { EarlyLook } from "./early.ts";
import type { SpooledFile } from "./expand.ts";
import type { FindingBook } from "./finding-book.ts";

/**
 * The upload's files as they lie on the spool; one that is not what its sender declared is refused.
 * @param early what was seen of them before, by row
 * @throws RelayError files_lost
 */
export async function receivedFiles(
  rows: readonly UploadFileRow[],
  upload: UploadRow,
  spool: Spool,
  book: FindingBook,
  early: ReadonlyMap<number, EarlyLook> = new Map(),
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
    const seen = early.get(row.id);
    const { sha256: known, ...looked } = seen !== undefined && seen.size === size && onDisk === size ? seen : { size };
    const sha256 = known ?? (row.sha256 === null ? undefined : await hashInstance(absolute, null, 0));
    if (row.sha256 !== null && sha256 !== row.sha256.toLowerCase()) book.add("file_differs", "refused", name);
    else files.push({ ...looked, path, size, name, ...(sha256 === undefined ? {} : { sha256 }) });
  }
  return files;
}
