import { changedNow, type Delivery, moveDelivery } from "../db/deliveries.ts";
import type { ForwardContext } from "./context.ts";
import { settleUpload } from "./settle.ts";
import type { Reason } from "./verdict.ts";

/** Parks a queued delivery without another attempt, and says so: nothing gives up invisibly (RELIABILITY P12). */
export function parkDelivery(context: ForwardContext, row: Delivery, { code, message }: Reason): void {
  const now = context.now();
  context.db.transaction((tx) => {
    const change = { errorCode: code, errorMessage: message, nextAttemptAt: null, ...changedNow(now) };
    moveDelivery(tx, row.id, "parked", change);
    settleUpload(tx, row.uploadId, now);
  });
  const ids = { delivery_id: row.id, destination_id: row.destinationId, upload_id: row.uploadId };
  const counts = { attempts: row.attempts, delivered: row.deliveredInstances, instances: row.totalInstances };
  context.log.event("delivery.parked", { ...ids, code, ...counts }, "warning");
  context.onChange(row.uploadId);
}
