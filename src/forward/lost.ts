import { isSettled, type UploadState } from "../contract/states.ts";
import type { Moment } from "../core/clock.ts";
import type { Transaction } from "../db/database.ts";
import { changedNow, moveDelivery, uploadFacts } from "../db/deliveries.ts";
import { updateStudy } from "../db/studies.ts";
import { updateUpload } from "../db/uploads.ts";
import { leave, settleUpload } from "./settle.ts";
import { reasonOf } from "./verdict.ts";

/**
 * The upload's files are gone: what was delivered stays delivered, the rest ends as `files_lost`, also what waits for a
 * person (CONTRACT §4.9).
 */
export function endAsLost(tx: Transaction, uploadId: string, now: Moment): UploadState {
  const { code, message } = reasonOf("files_lost");
  const why = { errorCode: code, errorMessage: message, nextAttemptAt: null, ...changedNow(now) };
  const { studies = [], deliveries = [] } = uploadFacts(tx, uploadId) ?? {};
  for (const { id, decision } of studies)
    if (decision === "needs_confirmation") updateStudy(tx, id, { decision: "rejected" });
  for (const row of deliveries) {
    if (isSettled(row.state)) continue;
    if (row.state !== "parked") moveDelivery(tx, row.id, "parked", why);
    leave(tx, row, why);
  }
  updateUpload(tx, uploadId, { errorCode: code });
  return settleUpload(tx, uploadId, now, code);
}
