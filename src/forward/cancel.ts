import { isSettled, isTerminal, type UploadState } from "../contract/states.ts";
import type { Moment } from "../core/clock.ts";
import type { Transaction } from "../db/database.ts";
import { changedNow, moveDelivery, type UploadFacts, uploadFacts } from "../db/deliveries.ts";
import { anythingStored, countStoredAnywhere } from "../db/receipts.ts";
import { enter, openUpload } from "./settle.ts";

/** Ends what is not settled; what a destination took of it stays on record. */
function cancelDeliveries(tx: Transaction, { deliveries }: UploadFacts, now: Moment): void {
  for (const row of deliveries) {
    if (isSettled(row.state)) continue;
    const deliveredInstances = countStoredAnywhere(tx, row.id);
    const ended = { nextAttemptAt: null, receiptId: null, ...changedNow(now) };
    moveDelivery(tx, row.id, "cancelled", { ...ended, deliveredInstances });
  }
}

/**
 * Stops what is unsent: cancelled where no PACS has anything of it, else partial. Harmless when cancelled before.
 * Attempts under way are to be over (`Forwarder.end`), or what they do from now on is not on record.
 * @param mayBeThere a destination may hold images that it did not answer for
 * @throws RelayError not_found, upload_closed
 */
export function applyCancel(tx: Transaction, uploadId: string, now: Moment, mayBeThere = false): UploadState {
  const before = uploadFacts(tx, uploadId);
  const again = before?.upload.state === "cancelled" || before?.deliveries.some((row) => row.state === "cancelled");
  if (before && again && isTerminal(before.upload.state)) return before.upload.state;
  cancelDeliveries(tx, openUpload(tx, uploadId), now);
  return enter(tx, openUpload(tx, uploadId), mayBeThere || anythingStored(tx, uploadId) ? "partial" : "cancelled", now);
}

/**
 * Ends an upload that nobody finished or answered for: expired where no PACS has anything of it, else partial.
 * @throws RelayError not_found, upload_closed
 */
export function applyExpire(tx: Transaction, uploadId: string, now: Moment, mayBeThere = false): UploadState {
  cancelDeliveries(tx, openUpload(tx, uploadId), now);
  const state = mayBeThere || anythingStored(tx, uploadId) ? "partial" : "expired";
  return enter(tx, openUpload(tx, uploadId), state, now, "upload_expired");
}
