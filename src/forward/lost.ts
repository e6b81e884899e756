import { isSettled, type UploadState } from "../contract/states.ts";
import type { Transaction } from "../db/database.ts";
import { moveDelivery, uploadFacts } from "../db/deliveries.ts";
import { updateUpload } from "../db/uploads.ts";
import { leave, settleUpload } from "./settle.ts";
import { reasonOf } from "./verdict.ts";

/** The upload's files are gone: what was delivered stays delivered, the rest ends as `files_lost` (CONTRACT §4.9). */
export function endAsLost(tx: Transaction, uploadId: string, now: number): UploadState {
  const { code, message } = reasonOf("files_lost");
  const why = { errorCode: code, errorMessage: message, nextAttemptAt: null, leaseUntil: null, updatedAt: now };
  for (const row of uploadFacts(tx, uploadId)?.deliveries ?? []) {
    if (isSettled(row.state)) continue;
    if (row.state !== "parked") moveDelivery(tx, row.id, "parked", why);
    leave(tx, row, why);
  }
  updateUpload(tx, uploadId, { errorCode: code });
  return settleUpload(tx, uploadId, now);
}
