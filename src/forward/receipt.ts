import type { DeliveryState } from "../contract/states.ts";
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
}

export interface ReceiptDelivery {
  readonly delivery_id: string;
  readonly destination_id: string;
  readonly via: string | null;
  readonly state: DeliveryState;
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
    const instances = storedInstances(db.orm, delivery.id, delivery.via ?? delivery.destinationId).map(
      ({ sopInstanceUID, sha256, outcome }) => ({
        sop_instance_uid: sopInstanceUID,
        destination_id: outcome.destinationId,
        sha256,
        answer: outcome.answer,
        verified_by: outcome.verifiedBy ?? "peer",
        time: rfc3339(outcome.at),
      }),
    );
    const { id, destinationId, via, state } = delivery;
    const entry = { delivery_id: id, destination_id: destinationId, via, state, instances };
    studies.set(studyInstanceUID, [...(studies.get(studyInstanceUID) ?? []), entry]);
  }
  // A settled delivery changes no more: the first of them made the receipt.
  const settled = rows.filter(({ delivery }) => delivery.receiptId === receiptId);
  return {
    receipt_id: receiptId,
    upload_id: upload.id,
    created_at: rfc3339(Math.min(...settled.map(({ delivery }) => delivery.updatedAt))),
    studies: [...studies].map(([study_instance_uid, deliveries]) => ({ study_instance_uid, deliveries })),
  };
}
