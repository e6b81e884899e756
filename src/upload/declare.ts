import type { Config } from "../core/config-schema.ts";
import { RelayError } from "../core/errors.ts";
import type { Database, Queries } from "../db/database.ts";
import { rangesWithin } from "../db/ranges.ts";
import { fileTotals, findFile, insertFiles, type UploadFileRow, type UploadRow } from "../db/uploads.ts";
import { chunkCount } from "./ranges.ts";
import { isValidFileName } from "./rules.ts";

/** What a chunk's query says of its file. */
export interface Declaration {
  readonly fileId: string;
  readonly name: string | undefined;
  readonly sizeBytes: number | undefined;
}

/** What is known of a file; the size may still be open where chunks declare the files. */
export interface Known {
  readonly name: string | null;
  readonly sizeBytes: number | null;
}

/**
 * The file a chunk belongs to. Where init named none the first chunk makes it, without what the query says of it:
 * that counts only with the chunk's bytes (`knownWith`), so that a refused request leaves nothing behind.
 * @throws RelayError file_unknown, file_name_invalid, totals_mismatch, file_too_large, invalid_request
 */
export function fileForChunk(
  deps: { readonly db: Database; readonly config: () => Config },
  upload: UploadRow,
  said: Declaration,
): UploadFileRow {
  if (said.name !== undefined && !isValidFileName(said.name)) throw new RelayError("file_name_invalid");
  if ((said.sizeBytes ?? 0) > deps.config().limits.max_file_bytes) throw new RelayError("file_too_large");
  const { orm } = deps.db;
  const known = findFile(orm, upload.id, said.fileId);
  if (known) return known;
  if (upload.filesDeclared) throw new RelayError("file_unknown");
  // It stands for the file's name where none is given, so it keeps to the same rule.
  if (said.fileId.length > 128 || !isValidFileName(said.fileId))
    throw new RelayError("invalid_request", undefined, {
      errors: [{ path: "query.file_id", message: "has at most 128 characters, and only such as a name may have" }],
    });
  if (fileTotals(orm, upload.id).files >= upload.totalFiles) throw tooMuch();
  deps.db.transaction((tx) => insertFiles(tx, upload.id, [{ fileId: said.fileId, state: "needed" }]));
  return findFile(orm, upload.id, said.fileId) as UploadFileRow;
}

/**
 * What is known of the file once this chunk counts.
 * @throws RelayError totals_mismatch where the query contradicts what arrived, what was said before, or the upload's total
 */
export function knownWith(tx: Queries, upload: UploadRow, row: UploadFileRow, said: Declaration): Known {
  const size = said.sizeBytes;
  if (row.sizeBytes !== null && size !== undefined && row.sizeBytes !== size)
    throw new RelayError("totals_mismatch", "The file's size was given differently before.");
  if (row.sizeBytes === null && size !== undefined) {
    const behind = rangesWithin(tx, row.id, chunkCount(size, upload.chunkSize), Number.MAX_SAFE_INTEGER);
    if (behind.length > 0 || row.receivedBytes > size)
      throw new RelayError("totals_mismatch", "More bytes of this file arrived than it is said to have.");
    if (fileTotals(tx, upload.id).declared + size > upload.totalSizeBytes) throw tooMuch();
  }
  return { name: row.name ?? said.name ?? null, sizeBytes: row.sizeBytes ?? size ?? null };
}

export const tooMuch = () =>
  new RelayError("totals_mismatch", "There are more files or bytes than the upload declared.");
