import type { DeliveryState } from "./states.ts";

/** The proof of delivery, as it is answered (CONTRACT §3 `GET /receipts/{id}`). No patient is in it. */
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

/** Made of rows that stay. */
export interface Receipt {
  readonly receipt_id: string;
  readonly upload_id: string;
  readonly created_at: string;
  readonly studies: readonly { readonly study_instance_uid: string; readonly deliveries: readonly ReceiptDelivery[] }[];
}

/** An Ed25519 key (RFC 8037). */
export interface ReceiptPublicKey {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly x: string;
}

/** What stands beside a receipt that was signed. */
export interface ReceiptSignature {
  /** A detached JWS (RFC 7515 appendix F, RFC 7797) over the canonical JSON of all that stands beside `signature`. */
  readonly jws: string;
  readonly public_key: ReceiptPublicKey;
  /** "SHA256:" and the key's thumbprint (RFC 7638), to be compared with what `relaypacs receipt key` says on the box. */
  readonly fingerprint: string;
}

export type SignedReceipt = Receipt & { readonly site_name: string; readonly signature: ReceiptSignature };
