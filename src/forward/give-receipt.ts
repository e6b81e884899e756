import { isSettled } from "../contract/states.ts";
import type { Transaction } from "../db/database.ts";
import { rememberDelivered } from "../db/delivered.ts";
import { changeDelivery, type UploadFacts } from "../db/deliveries.ts";

type Row = UploadFacts["deliveries"][number];

const withSomething = (row: Row): boolean =>
  row.state === "delivered" || (isSettled(row.state) && row.deliveredInstances > 0);

/** The receipt of then, where it proves the whole upload: everything is delivered under it, and nothing went again. */
function earlierReceipt(deliveries: readonly Row[]): string | null {
  const receipts = new Set(deliveries.map((row) => (row.state === "delivered" ? row.receiptId : null)));
  const [only = null] = receipts;
  return receipts.size === 1 ? only : null;
}

/**
 * The receipt of an upload, null as long as there is none. Its own is made when the first delivery settles with something
 * sent; later ones join it. A repeat has none before its end: then the earlier one where that says it all, else its own.
 */
export function giveReceipt(tx: Transaction, { upload, deliveries }: UploadFacts, ended: boolean): string | null {
  const proven = deliveries.filter(withSomething);
  const fresh = proven.filter((row) => row.receiptId === null);
  if (fresh.length === 0) {
    if (upload.receiptId !== null || !ended || proven.length === 0) return upload.receiptId;
    return earlierReceipt(deliveries) ?? crypto.randomUUID();
  }
  const receiptId = upload.receiptId ?? crypto.randomUUID();
  for (const row of fresh) {
    changeDelivery(tx, row.id, { receiptId });
    rememberDelivered(tx, row.id, receiptId, row.updatedAt);
  }
  return receiptId;
}
