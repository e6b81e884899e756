import { ApiError } from "../api/problem.ts";
import type { WaitCause } from "./types.ts";

/** What a failed step means for the study; one row per code, the rest by HTTP status. */
export type Verdict =
  /** Tried again by itself. */
  | { readonly kind: "again"; readonly cause: WaitCause; readonly retryAfter: number | null }
  /** Only a person can help; nothing is lost. */
  | { readonly kind: "needs_you"; readonly cause: WaitCause }
  /** The box does not know the upload any more: the same files start a new one. */
  | { readonly kind: "new_upload" }
  /** The box has everything already. */
  | { readonly kind: "at_box" }
  /** Some bytes did not arrive after all: the box's list says which. */
  | { readonly kind: "resume" }
  | { readonly kind: "cancelled" }
  /** Stopped from here: pause, cancel, an urgent study. */
  | { readonly kind: "stopped" }
  | { readonly kind: "failed" };

const again = (cause: WaitCause): Verdict => ({ kind: "again", cause, retryAfter: null });
const byCode: Record<string, Verdict> = {
  network: again("retry"),
  stalled: again("retry"),
  digest_mismatch: again("retry"),
  encoding_invalid: again("retry"),
  too_many_uploads: again("box_busy"),
  unexpected_answer: again("retry"), // a captive portal or a proxy, not the box
  insufficient_storage: again("box_full"),
  aborted: { kind: "stopped" },
  unauthorized: { kind: "needs_you", cause: "signed_out" },
  token_expired: { kind: "needs_you", cause: "signed_out" },
  totp_enrollment_required: { kind: "needs_you", cause: "signed_out" },
  upload_expired: { kind: "new_upload" },
  not_found: { kind: "new_upload" },
  file_unknown: { kind: "new_upload" },
  wrong_upload: { kind: "new_upload" },
  idempotency_key_reused: { kind: "new_upload" },
  upload_cancelled: { kind: "cancelled" },
  upload_closed: { kind: "at_box" },
  upload_incomplete: { kind: "resume" },
};

/** The bytes are not on this device any more: evicted, or the files were moved. */
export class FilesGone extends Error {}

export function verdictOf(error: unknown): Verdict {
  if (error instanceof FilesGone) return { kind: "needs_you", cause: "files_gone" };
  if (!(error instanceof ApiError)) return again("retry");
  const known = byCode[error.code];
  if (known?.kind === "again") return { ...known, retryAfter: error.retryAfter };
  if (known) return known;
  const { status } = error;
  if (status === 0 || status === 408) return { kind: "again", cause: "retry", retryAfter: error.retryAfter };
  if (status === 429 || status >= 500) return { kind: "again", cause: "box_busy", retryAfter: error.retryAfter };
  return { kind: "failed" };
}
