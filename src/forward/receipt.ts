import { type DeliveryState, isSettled } from "../contract/states.ts";
import type { Database } from "../db/database.ts";
import { receiptDeliveries, storedInstances, uploadOfReceipt } from "../db/receipts.ts";

export interface ReceiptInstance {
  readonly sop_instance_uid: string;
  /** Who took it: the principal, or the fallback in its place. */
  readonly destination_id: string;
  readonly sha256: string;
  /** The peer's own answer, short. */
  readonly answer: string;
  /** query: found there when asked · peer: by its word, because it cannot be asked. */
  readonly verified_by: "query" | "peer";
  readonly time: string;
  /** What a person corrected in it before it went, by keyword (PS3.6); absent: nothing. */
  readonly corrected?: readonly string[];
}

export interface ReceiptDelivery {
  readonly delivery_id: string;
  readonly destination_id: string;
  readonly via: string | null;
  readonly state: DeliveryState;
  /** The receipt that proves this delivery where another one does, because all of it was there before. */
  readonly earlier_receipt_id: string | null;
  readonly instances: readonly ReceiptInstance[];
}

/** The proof of delivery: no patient data, made of rows that stay. Wire names (CONTRACT §3). */
export interface Receipt {
  readonly receipt_id: string;
  readonly upload_id: string;
  readonly created_at: string;
  readonly studies: readonly { readonly study_instance_uid: string; readonly deliveries: readonly ReceiptDelivery[] }[];
}

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
