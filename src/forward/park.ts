import { record, theBox } from "../audit/record.ts";
import { changedNow, type Delivery, moveDelivery, studyInstanceUIDOf } from "../db/deliveries.ts";
import type { ForwardContext } from "./context.ts";
import { settleUpload } from "./settle.ts";
import type { Reason } from "./verdict.ts";

/** Parks a queued delivery without another attempt, and says so: nothing gives up invisibly (RELIABILITY P12). */
export function parkDelivery(context: ForwardContext, row: Delivery, { code, message }: Reason): void {
  const now = context.now();
  const ids = { delivery_id: row.id, destination_id: row.destinationId, upload_id: row.uploadId };
  const counts = { attempts: row.attempts, delivered: row.deliveredInstances, instances: row.totalInstances };
  context.db.transaction((tx) => {
    const change = { errorCode: code, errorMessage: message, nextAttemptAt: null, ...changedNow(now) };
    moveDelivery(tx, row.id, "parked", change);
    const studyInstanceUID = studyInstanceUIDOf(tx, row.studyId);
    const details = { ...ids, code, ...counts };
    record(tx, {
      by: theBox,
      event: "delivery.parked",
      uploadId: row.uploadId,
      studyInstanceUID,
      failed: true,
      details,
    });
    settleUpload(tx, row.uploadId, now);
  });
  context.log.event("delivery.parked", { ...ids, code, ...counts });
  context.onChange(row.uploadId);
}
