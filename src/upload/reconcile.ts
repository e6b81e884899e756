import { existsSync, statSync } from "node:fs";
import { record, theBox } from "../audit/record.ts";
import type { ChunkRange } from "../contract/upload.ts";
import type { Moment } from "../core/clock.ts";
import { errorFields, type Log } from "../core/log.ts";
import type { Database } from "../db/database.ts";
import { rangesByFile } from "../db/ranges.ts";
import { filesOf, findUpload, forgetReceived, type UploadFileRow, type UploadRow, uploadsIn } from "../db/uploads.ts";
import { endAsLost } from "../forward/lost.ts";
import type { Spool } from "./spool.ts";

interface ReconcileDeps {
  readonly db: Database;
  readonly spool: Spool;
  readonly log: Log;
  readonly now: () => Moment;
}

/** Removes an upload's folder; one that resists is told, tried again later, and keeps neither the others nor a start. */
export async function removeFolder({ spool, log }: Pick<ReconcileDeps, "spool" | "log">, id: string): Promise<boolean> {
  try {
    await spool.remove(id);
    return true;
  } catch (error) {
    log.event("spool.not_removed", { upload_id: id, ...errorFields(error) });
    return false;
  }
}

/**
 * At start: spool and database are brought in step (CONTRACT §4.9). Folders nobody knows go; of an upload still receiving
 * every file whose bytes are gone is asked for again; one that was past that is `failed` with `files_lost`.
 */
export async function reconcileSpool(deps: ReconcileDeps): Promise<void> {
  const { db, spool, log, now } = deps;
  for (const id of spool.list()) {
    if (findUpload(db.orm, id)?.filesRemovedAt === null) continue;
    if (await removeFolder(deps, id)) log.event("spool.orphan_removed", { upload_id: id });
  }
  for (const row of uploadsIn(db.orm, ["receiving"])) {
    const ranges = rangesByFile(db.orm, row.id);
    const lost = filesOf(db.orm, row.id).filter((file) => isLost(spool, row, file, ranges.get(file.id) ?? []));
    if (!existsSync(spool.receivedFolder(row.id))) spool.create(row.id);
    if (lost.length === 0) continue;
    db.transaction((tx) => {
      for (const file of lost) forgetReceived(tx, file);
      const details = { files: lost.length };
      record(tx, { by: theBox, event: "upload.files_lost", uploadId: row.id, failed: true, details });
    });
    log.event("upload.files_lost", { upload_id: row.id, state: row.state, files: lost.length });
  }
  for (const row of uploadsIn(db.orm, ["needs_confirmation", "forwarding", "needs_attention"])) {
    if (existsSync(spool.folder(row.id))) continue;
    db.transaction((tx) => {
      record(tx, { by: theBox, event: "upload.files_lost", uploadId: row.id, failed: true });
      endAsLost(tx, row.id, now());
    });
    log.event("upload.files_lost", { upload_id: row.id, state: row.state });
  }
}

/** Whether a file reaches less far than the chunks on record say: what is missing would read as zeros. */
function isLost(spool: Spool, upload: UploadRow, file: UploadFileRow, received: readonly ChunkRange[]): boolean {
  const last = received.at(-1);
  if (file.state === "already_delivered" || last === undefined) return false;
  const least = Math.min((last[1] + 1) * upload.chunkSize, file.sizeBytes ?? Number.POSITIVE_INFINITY);
  const path = spool.path(upload.id, spool.receivedFile(file.id));
  return (statSync(path, { throwIfNoEntry: false })?.size ?? -1) < least;
}
