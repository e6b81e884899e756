import type { ErrorCode } from "../contract/errors.ts";
import { catalogueOf } from "../contract/errors.ts";

/** A reason with its code and a sentence. */
export interface Reason {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What is known after an attempt. */
export interface AttemptFacts {
  readonly total: number;
  readonly stored: number;
  readonly refused: number;
  readonly commonestRefusal?: Reason | undefined;
  readonly commonestRetry?: Reason | undefined;
  /** What ended the attempt, where something did. */
  readonly failure?: (Reason & { readonly retryable: boolean }) | undefined;
  /** The box is stopping: no verdict on the destination. */
  readonly stopped: boolean;
  /** Box time, both. */
  readonly now: number;
  readonly retryUntil: number;
}

export type Verdict =
  | { readonly state: "delivered" }
  | { readonly state: "pending" }
  | ({ readonly state: "retrying" | "parked" } & Reason);

/** The words of the catalogue for a code. */
export const reasonOf = (code: ErrorCode): Reason => ({
  code,
  message: `${catalogueOf(code).cause} ${catalogueOf(code).action}`,
});

/** Why a delivery is parked after its time; the last cause stays readable. */
export const retryTimeExceeded = (lastCause: string | null): Reason => ({
  code: "retry_time_exceeded",
  message: `${catalogueOf("retry_time_exceeded").cause}${lastCause ? ` Last cause: ${lastCause}` : ""}`,
});

const noAnswer: Reason = {
  code: "destination_bad_answer",
  message: "The destination said nothing about some of the images.",
};

function refusal({ refused, total, commonestRefusal }: AttemptFacts): Reason {
  const reason = commonestRefusal ?? reasonOf("instance_refused");
  const were = refused === 1 ? "was" : "were";
  return { code: reason.code, message: `${refused} of ${total} images ${were} refused: ${reason.message}` };
}

/** What becomes of a delivery after an attempt. Delivered is only what is stored to the last instance (CONTRACT §4.7). */
export function verdictOf(facts: AttemptFacts): Verdict {
  const { total, stored, refused, failure } = facts;
  const left = total - stored - refused;
  if (left <= 0 && refused === 0) return { state: "delivered" };
  if (facts.stopped) return { state: "pending" };
  if (left <= 0) return { state: "parked", ...refusal(facts) };
  const reason = failure ?? facts.commonestRetry ?? noAnswer;
  if (failure && !failure.retryable) return { state: "parked", code: failure.code, message: failure.message };
  if (facts.now >= facts.retryUntil) return { state: "parked", ...retryTimeExceeded(reason.message) };
  return { state: "retrying", code: reason.code, message: reason.message };
}
