import type { AuditEntry } from "../contract/audit.ts";
import type { AuditRow } from "../db/audit.ts";

/** A row in the form of the wire. */
export const entryOf = (row: AuditRow): AuditEntry => ({
  seq: row.seq,
  time: new Date(row.at).toISOString(),
  actor_id: row.actorId,
  actor_name: row.actorName,
  address: row.address,
  event: row.event,
  upload_id: row.uploadId,
  study: row.study,
  result: row.result,
  details: JSON.parse(row.details) as AuditEntry["details"],
  previous: row.previous,
  hash: row.hash,
});
