import { createHmac } from "node:crypto";
import type { AuditRow } from "../db/audit.ts";

/** What a row's hash covers, in this order; a column that is added later makes older rows hash otherwise, so it is never inserted here. */
const covered = (row: Omit<AuditRow, "hash">) => [
  row.previous,
  row.seq,
  row.at,
  row.actorId,
  row.actorName,
  row.address,
  row.event,
  row.uploadId,
  row.study,
  row.result,
  row.details,
];

/** HMAC-SHA-256 over a row and, by the hash of the row before, over all before it. Hex. */
export const chainHash = (key: Uint8Array, row: Omit<AuditRow, "hash">): string =>
  createHmac("sha256", key)
    .update(JSON.stringify(covered(row)))
    .digest("hex");
