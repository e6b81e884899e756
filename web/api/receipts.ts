import type { SignedReceipt } from "../../src/contract/receipt.ts";
import type { Api } from "./http.ts";

/** The way to the proofs of delivery. */
export interface Receipts {
  /** @throws ApiError not_found, network */
  read(id: string): Promise<SignedReceipt>;
}

export const createReceipts = (api: Api): Receipts => ({
  read: (id) => api.call("GET", `/receipts/${encodeURIComponent(id)}`),
});
