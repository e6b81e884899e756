import type { LineMeasured } from "../../src/contract/upload.ts";

/** From so many bytes or so much time on, the line is known; a few small requests measure how long the box takes to answer. */
export const tellingBytes = 262_144;
export const tellingMs = 5000;

/** What contract/upload.ts takes: beyond it the box would refuse the whole request. */
const most = { bytes_per_second: 1_250_000_000, stalls: 1000, breaks: 1000 } as const;

/** What this device learns of its line while it sends one upload; the box is told with `complete`. */
export interface LineRecord {
  /** Something was being sent for so many milliseconds. */
  during(ms: number): void;
  /** @param bytes as they went over the line */
  arrived(bytes: number): void;
  /** A request stood still, or else its connection broke. */
  lost(stalled: boolean): void;
  /** null: nothing went over the line. */
  told(): LineMeasured | null;
}

export function createLineRecord(): LineRecord {
  let [time, bytes, stalls, breaks] = [0, 0, 0, 0];
  return {
    during: (ms) => {
      time += ms;
    },
    arrived: (more) => {
      bytes += more;
    },
    lost: (stalled) => {
      if (stalled) stalls += 1;
      else breaks += 1;
    },
    told: () => {
      if (bytes === 0) return null;
      const lost = { stalls: Math.min(stalls, most.stalls), breaks: Math.min(breaks, most.breaks) };
      const known = time > 0 && (bytes >= tellingBytes || time >= tellingMs);
      if (!known) return lost;
      const rate = Math.round((bytes * 1000) / time);
      return { bytes_per_second: Math.max(1, Math.min(rate, most.bytes_per_second)), ...lost };
    },
  };
}
