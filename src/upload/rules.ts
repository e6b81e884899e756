import { chunkSizes, clinicalNotesMaxBytes, type UploadInit } from "../contract/upload.ts";
import type { Config } from "../core/config-schema.ts";
import { type FieldError, RelayError } from "../core/errors.ts";
import type { UploadRow } from "../db/uploads.ts";

/** Upload states that no longer take bytes, and what the sender is told. */
const closedBecause = { expired: "upload_expired", cancelled: "upload_cancelled" } as const;

/** @throws RelayError not_found, upload_expired, upload_cancelled, upload_closed */
export function requireReceiving<T extends Pick<UploadRow, "state">>(upload: T | undefined): T {
  if (!upload) throw new RelayError("not_found");
  requireNotGone(upload);
  if (upload.state !== "receiving") throw new RelayError("upload_closed");
  return upload;
}

/** @throws RelayError upload_expired, upload_cancelled */
export function requireNotGone(upload: Pick<UploadRow, "state">): void {
  const gone = closedBecause[upload.state as keyof typeof closedBecause];
  if (gone) throw new RelayError(gone);
}

// Control characters (C0, DEL, C1), and the bidirectional overrides and isolates that make a name read as another one.
const forbiddenInNames = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

/** CONTRACT §3: 1–1024 bytes, no control characters, no `..` parts, no bidirectional overrides. */
export function isValidFileName(name: string): boolean {
  const bytes = Buffer.byteLength(name);
  return (
    bytes >= 1 &&
    bytes <= 1024 &&
    name.isWellFormed() &&
    !forbiddenInNames.test(name) &&
    !name.split(/[/\\]/).includes("..")
  );
}

const isPowerOfTwo = (value: number) => Number.isInteger(Math.log2(value));

/**
 * What the schema cannot say of an init body.
 * @throws RelayError with the code of CONTRACT §3
 */
export function checkInit(body: UploadInit, limits: Config["limits"], unknownDestinations: readonly string[]): void {
  const chunkSize = body.chunk_size ?? chunkSizes.default;
  if (chunkSize < chunkSizes.smallest || chunkSize > chunkSizes.largest || !isPowerOfTwo(chunkSize))
    throw new RelayError("chunk_size_invalid");
  const invalid: FieldError[] = [];
  const metadata = body.study_metadata ?? {};
  if (Buffer.byteLength(metadata.clinical_notes ?? "") > clinicalNotesMaxBytes)
    invalid.push({ path: "study_metadata.clinical_notes", message: `at most ${clinicalNotesMaxBytes} bytes` });
  for (const id of unknownDestinations)
    invalid.push({ path: "study_metadata.destination_ids", message: `there is no destination "${id.slice(0, 64)}"` });
  const ids = new Set<string>();
  (body.files ?? []).forEach((file, index) => {
    const path = `files[${index}].file_id`;
    if (ids.has(file.file_id)) invalid.push({ path, message: "occurs twice" });
    // A lone surrogate has no UTF-8: two such ids would be one on record.
    if (!file.file_id.isWellFormed()) invalid.push({ path, message: "is not Unicode text" });
    ids.add(file.file_id);
  });
  if (invalid.length > 0) throw new RelayError("invalid_request", undefined, { errors: invalid.slice(0, 50) });

  if (body.total_files > limits.max_files) throw new RelayError("too_many_files");
  if (body.total_size_bytes > limits.max_upload_bytes) throw new RelayError("upload_too_large");
  if (!body.files) return;
  if (body.files.length > limits.max_files) throw new RelayError("too_many_files");
  if (body.files.some((file) => file.size_bytes > limits.max_file_bytes)) throw new RelayError("file_too_large");
  const badName = body.files.findIndex((file) => !isValidFileName(file.name));
  if (badName >= 0)
    throw new RelayError("file_name_invalid", undefined, {
      errors: [{ path: `files[${badName}].name`, message: "has characters or parts that are not taken" }],
    });
  const sum = body.files.reduce((bytes, file) => bytes + file.size_bytes, 0);
  if (body.files.length !== body.total_files || sum !== body.total_size_bytes)
    throw new RelayError("totals_mismatch", undefined, {
      errors: [
        { path: "total_files", message: `files has ${body.files.length}` },
        { path: "total_size_bytes", message: `the files' sizes add up to ${sum}` },
      ],
    });
}
