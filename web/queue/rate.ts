import { tellingBytes, tellingMs } from "./line-record.ts";

/** Milliseconds over which the rate is measured. */
const window = 15_000;

/** Bytes a second over the last chunks, all requests in flight together. */
export interface RateMeter {
  /** Sending starts, or goes on after a pause: time without sending does not count. */
  start(now: number): void;
  /** Sending is over for now: what was measured stays as it is. */
  stop(now: number): void;
  /** @param bytes original bytes that arrived · @param wire bytes that it took on the line */
  add(now: number, bytes: number, wire: number): void;
  /** Original bytes a second; null until two chunks have arrived or half a second has passed. */
  rate(now: number): number | null;
  /** The line's own bits a second; null until known. */
  bitsPerSecond(now: number): number | null;
}

export function createRateMeter(): RateMeter {
  let since = 0;
  let until = Number.POSITIVE_INFINITY;
  let samples: { at: number; bytes: number; wire: number }[] = [];
  const over = (asked: number, field: "bytes" | "wire"): number | null => {
    const now = Math.min(asked, until);
    samples = samples.filter(({ at }) => at > now - window);
    const from = Math.max(since, now - window);
    const elapsed = now - from;
    if (samples.length < 2 && (elapsed < 500 || samples.length === 0)) return null;
    return (samples.reduce((sum, sample) => sum + sample[field], 0) * 1000) / Math.max(elapsed, 1);
  };
  return {
    start(now) {
      [since, until, samples] = [now, Number.POSITIVE_INFINITY, []];
    },
    stop(now) {
      until = now;
    },
    add: (at, bytes, wire) => void samples.push({ at, bytes, wire }),
    rate: (now) => over(now, "bytes"),
    bitsPerSecond: (now) => {
      const bytes = over(now, "wire");
      const wire = samples.reduce((sum, sample) => sum + sample.wire, 0);
      const telling = wire >= tellingBytes || Math.min(now, until) - since >= tellingMs;
      return bytes === null || !telling ? null : bytes * 8;
    },
  };
}

/** Below this the link is called slow, bits a second. */
export const slowBelow = 1_000_000;

/** Whole seconds left; null where the rate is not known or nothing moves. */
export const secondsLeft = (bytes: number, rate: number | null): number | null =>
  rate === null || rate <= 0 ? null : Math.ceil(bytes / rate);
