/** Longest wait between two tries by themselves, milliseconds; whoever looks at the screen can always try now. */
export const longestWait = 60_000;
const firstWait = 1_000;

/**
 * When to try again: exponential with full jitter, so that the phones of a ward do not come back together.
 * @param failures in a row, at least 1
 * @param retryAfter seconds the box asked for; never less than that
 * @param random 0..1
 * @returns milliseconds
 */
export function backoff(failures: number, retryAfter: number | null, random = Math.random()): number {
  const ceiling = Math.min(longestWait, firstWait * 2 ** Math.min(failures - 1, 10));
  const wait = ceiling / 2 + (ceiling / 2) * random;
  return Math.round(retryAfter === null ? wait : retryAfter * 1000 + (random * ceiling) / 2);
}
