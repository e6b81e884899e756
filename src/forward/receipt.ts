import type { Receipt, ReceiptDelivery } from "../contract/receipt.ts";
import { isSettled } from "../contract/states.ts";
import type { Database } from "../db/database.ts";
import { receiptDeliveries, storedInstances, uploadOfReceipt } from "../db/receipts.ts";

const rfc3339 = (time: number): string => new Date(time).toISOString();

/** The receipt with this id; null where there is none. It lists only instances that are confirmed as stored. */
export function receiptOf(db: Pick<Database, "orm">, receiptId: string): Receipt | null {
  const upload = uploadOfReceipt(db.orm, receiptId);
  if (!upload) return null;
  const rows = receiptDeliveries(db.orm, upload.id);
  const studies = new Map<string, ReceiptDelivery[]>();
  for (const { studyInstanceUID, delivery } of rows) {
    const instances = storedInstances(db.orm, delivery.id).map(({ sopInstanceUID, sha256, corrected, outcome }) => ({
      sop_instance_uid: sopInstanceUID,
      destination_id: outcome.destinationId,
      sha256,
      answer: outcome.answer,
      verified_by: outcome.verifiedBy ?? "peer",
      time: rfc3339(outcome.at),
      ...(corrected === null ? {} : { corrected }),
    }));
    const { id, destinationId, via, state } = delivery;
    const earlier_receipt_id = isSettled(state) && delivery.receiptId !== receiptId ? delivery.receiptId : null;
    const entry = { delivery_id: id, destination_id: destinationId, via, state, earlier_receipt_id, instances };
    studies.set(studyInstanceUID, [...(studies.get(studyInstanceUID) ?? []), entry]);
  }
  // A settled delivery changes no more: the first of them made the receipt, or else the upload's end did.
  const settled = rows.filter(({ delivery }) => delivery.receiptId === receiptId);
  const times = settled.map(({ delivery }) => delivery.updatedAt);
  return {
    receipt_id: receiptId,
    upload_id: upload.id,
    created_at: rfc3339(times.length > 0 ? Math.min(...times) : (upload.endedAt ?? 0)),
    studies: [...studies].map(([study_instance_uid, deliveries]) => ({ study_instance_uid, deliveries })),
  };
}
