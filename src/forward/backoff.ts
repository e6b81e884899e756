/** Bounds of a growing pause, in milliseconds. */
export interface BackoffOptions {
  /** 0 ≤ x < 1; spreads retries so that many deliveries do not return in one moment. */
  readonly random: () => number;
  readonly maxMs?: number;
  /** What the peer asked for; never shortened, but bounded by `longestPauseMs`. */
  readonly retryAfterSeconds?: number | undefined;
}

const firstMs = 1000;
const deliveryMaxMs = 15 * 60_000;
/** No pause is longer, whatever the peer asks for. */
export const longestPauseMs = 60 * 60_000;

/** The pause after the n-th failure in a row (n from 1): 1 s doubling up to 15 min, ±20 %, in milliseconds. */
export function backoffMs(failures: number, { random, maxMs = deliveryMaxMs, retryAfterSeconds }: BackoffOptions) {
  const pause = Math.min(firstMs * 2 ** Math.min(Math.max(failures, 1) - 1, 30), maxMs);
  const spread = pause * (0.8 + 0.4 * random());
  return Math.round(Math.min(Math.max(spread, (retryAfterSeconds ?? 0) * 1000), longestPauseMs));
}
