/** Bytes of one request, requests in flight and patience, as this link allows (RELIABILITY facts 2 and "The device"). */
export interface Pace {
  readonly bytes: number;
  readonly lanes: number;
  /** Milliseconds without progress after which a request is sent again. */
  readonly stallMs: number;
  /** @param rate original bytes a second over all lanes, null until known */
  arrived(rate: number | null): void;
  /** A request stalled or its connection broke. */
  lost(): void;
}

const smallest = 4096;
const largest = 8_388_608;
const first = 262_144;
/** A browser opens 6 connections to one host; two requests more are read, packed and hashed by the time one is free. */
const mostLanes = 8;
/** On a bad link a request must not wait for its turn: its patience runs already. */
const lanesOnBadLink = 6;
/** Seconds that what is in flight should take: long enough to hide the round trip, short enough to notice a stall. */
const inFlightSeconds = 4;
/** After two losses in a row, after two more: at 50 % loss only small requests ever finish. */
const bounds = [largest, 16_384, smallest] as const;

export function createPace(): Pace {
  let bytes = first;
  let lanes = 1;
  let level = 0;
  let losses = 0;
  let successes = 0;
  return {
    get bytes() {
      return bytes;
    },
    get lanes() {
      return level === 0 ? lanes : Math.min(lanes, lanesOnBadLink);
    },
    get stallMs() {
      return level === 0 ? 8000 : 4000;
    },
    arrived(rate) {
      losses = 0;
      successes += 1;
      lanes = Math.min(mostLanes, lanes + 1);
      if (level > 0 && successes >= 16) {
        level -= 1; // the link may have become better
        successes = 0;
      }
      const bound = bounds[level] ?? smallest;
      const wanted = rate === null ? bytes : (rate * inFlightSeconds) / mostLanes;
      bytes = Math.round(Math.max(smallest, Math.min(wanted, bytes * 2, bound)));
    },
    lost() {
      successes = 0;
      losses += 1;
      if (losses >= 2) {
        level = Math.min(bounds.length - 1, level + 1);
        losses = 0;
      }
      bytes = Math.max(smallest, Math.min(bytes, bounds[level] ?? smallest));
    },
  };
}
