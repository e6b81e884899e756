import { statSync, truncateSync } from "node:fs";
import type { Config } from "../core/config-schema.ts";
import { RelayError } from "../core/errors.ts";
import type { Database } from "../db/database.ts";
import { filesOf, type UploadFileRow, type UploadRow } from "../db/uploads.ts";
import { acceptStudies } from "../study/accept.ts";
import { groupByStudy } from "../study/group.ts";
import type { Spool } from "../upload/spool.ts";
import { examine, tellBarren } from "./examine.ts";
import { expand, type SpooledFile } from "./expand.ts";
import { FindingBook } from "./finding-book.ts";
import { syncFolderTree } from "./sync-folder.ts";

export interface PipelineDeps {
  readonly db: Database;
  readonly spool: Spool;
  readonly config: () => Config;
  readonly now: () => number;
}

export interface PipelineResult {
  readonly accepted: boolean;
  readonly studies: number;
  readonly instances: number;
  readonly refused: number;
}

/**
 * From received bytes to accepted studies. Can be cut at any point and run again from the start: nothing of it counts
 * before the one transaction at its end.
 * @throws RelayError files_lost, insufficient_storage; AbortError
 */
export async function runPipeline(deps: PipelineDeps, upload: UploadRow, signal: AbortSignal): Promise<PipelineResult> {
  const { db, spool } = deps;
  const config = deps.config();
  const book = new FindingBook();
  spool.freshWorkFolder(upload.id);
  const folder = spool.folder(upload.id);

  const received = receivedFiles(filesOf(db.orm, upload.id), upload, spool, book);
  const { files, archives } = await expand(received, {
    limits: config.limits,
    folder,
    work: "work",
    book,
    requireRoom: spool.requireRoom,
    signal,
  });
  const instances = await examine(files, {
    folder,
    book,
    extraSopClasses: config.intake.extra_sop_classes,
    signal,
  });
  tellBarren(archives, instances, book);
  const { studies, mismatched, severalPatients, sharedSeries } = groupByStudy(instances);
  // Only of what is sent: of a refused file its refusal says enough.
  for (const { inspected, fileName } of studies.flatMap((study) => study.instances))
    for (const { code, message } of inspected.warnings) book.add(code, "warning", fileName, message);
  for (const { fileName } of mismatched) book.add("patient_mismatch", "refused", fileName);
  for (const { fileName } of sharedSeries) book.add("series_shared", "warning", fileName);
  if (severalPatients) book.add("several_patients", "warning", null);
  if (upload.metadata?.clinical_notes) {
    book.add(studies.length > 1 ? "notes_not_assigned" : "notes_not_sent", "warning", null);
  }
  await syncFolderTree(spool.path(upload.id, "work"));
  signal.throwIfAborted();

  const accepted = acceptStudies(db, config, upload.id, { studies, findings: book.all(), now: deps.now() });
  return { accepted, studies: studies.length, instances: instances.length, refused: book.refused };
}

/** The upload's files as they lie on the spool. @throws RelayError files_lost */
function receivedFiles(
  rows: readonly UploadFileRow[],
  upload: UploadRow,
  spool: Spool,
  book: FindingBook,
): SpooledFile[] {
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
    files.push({ path, size, name });
  }
  return files;
}
