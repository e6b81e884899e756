/** Bytes of one request, requests in flight and patience, as this link allows (RELIABILITY facts 2 and "The device"). */
export interface Pace {
  readonly bytes: number;
  readonly lanes: number;
  /** Milliseconds without progress after which a request is sent again. */
  readonly stallMs: number;
  /** @param rate original bytes a second over all lanes, null until known · @param ms how long the request took */
  arrived(rate: number | null, ms: number): void;
  /** A request stalled or its connection broke. */
  lost(): void;
}

const smallest = 4096;
/** Larger ones are no faster, and each lies in the page's memory several times over: sealed, open, packed, on its way to the network. */
const largest = 2_097_152;
/** Small enough for 64 kbit/s to carry it within the patience: most of it waits in the system's buffer, where no progress is seen. */
const first = 32_768;
/** Less is not worth a request on a line that is only slow, and arrives no sooner where half of the packets are lost. */
const leastAtPace = 16_384;
/** What a browser opens to one host. */
const connections = 6;
/** Two requests more are read, packed and hashed by the time a connection is free; not on a bad link, where their patience would run out. */
const mostLanes = 8;
/** Seconds that what is in flight should take: long enough to hide the round trip, short enough to notice a stall. */
const inFlightSeconds = 4;
/** A request that was faster does not tell that the line is full: more go at once, and nothing shrinks by it. */
const quickMs = 2000;
/** Twice what a request has lately taken, within these bounds: on a slow line all take long, on a lossy one only those that hang. */
const patience = { least: 8000, most: 30_000 } as const;
/** How bad the link is: the most that a request carries, and how many losses in a row lead there; at 50 % loss only small ones finish. */
const levels = [
  { bound: largest, losses: 0 },
  { bound: leastAtPace, losses: 2 },
  { bound: smallest, losses: 4 },
] as const;

export function createPace(): Pace {
  let bytes = first;
  let lanes = 1;
  let level: 0 | 1 | 2 = 0;
  let losses = 0;
  let successes = 0;
  let typicalMs = 0;
  const between = (low: number, value: number, high: number) => Math.max(low, Math.min(Math.round(value), high));
  return {
    get bytes() {
      return bytes;
    },
    get lanes() {
      return bytes > leastAtPace ? lanes : Math.min(lanes, connections);
    },
    get stallMs() {
      return between(patience.least, 2 * typicalMs, patience.most);
    },
    arrived(rate, ms) {
      losses = 0;
      successes += 1;
      typicalMs = typicalMs === 0 ? ms : typicalMs * 0.7 + ms * 0.3;
      if (level > 0 && successes >= 16) {
        level = level === 2 ? 1 : 0; // the link may have become better
        successes = 0;
      }
      const { bound } = levels[level];
      const quick = ms < quickMs;
      const inFlight = rate === null ? Number.POSITIVE_INFINITY : rate * inFlightSeconds;
      const wanted = between(leastAtPace, inFlight / mostLanes, bound);
      bytes = between(quick ? Math.min(bytes, bound) : smallest, wanted, Math.min(bytes * 2, bound));
      if (quick) lanes = Math.min(lanes * 2, mostLanes);
      else if (ms > patience.least) lanes = Math.max(2, lanes - 1); // they only wait for each other
    },
    lost() {
      successes = 0;
      losses += 1;
      const next = level === 0 ? 1 : 2;
      if (losses >= levels[next].losses) {
        level = next;
        losses = 0;
        lanes = mostLanes;
      }
      bytes = Math.min(bytes, levels[level].bound);
      lanes = Math.max(2, lanes); // one stalled connection must not hold up all
    },
  };
}
