/**
 * A moment on both clocks of the box. People are shown wall time; every duration that retention, retries or sign-ins are
 * judged by is counted in box time: somebody may set the wall clock, and the box may be off (RELIABILITY T35).
 */
export interface Moment {
  /** Milliseconds since 1970 UTC. */
  readonly wall: number;
  /** Milliseconds that this box has been running, counted on from what its first start showed; never jumps. */
  readonly box: number;
}

/** What the machine offers. */
export interface Clocks {
  readonly wall: () => number;
  /** Milliseconds that no setting of the clock moves. */
  readonly monotonic: () => number;
}

export const machineClocks: Clocks = { wall: Date.now, monotonic: () => performance.now() };

/** The box's clock while a process runs. */
export interface Clock {
  now(): Moment;
  /** What the wall clock shows, or will show, at a moment of box time near the present. */
  wallOf(box: number): number;
}

/** Box time is saved at least so often; a kill costs no more of it. */
export const saveClockMs = 15_000;
/** What is shown moves only with a real difference, not with each reading. */
const shownMs = 500;

/**
 * Goes on from what was saved last. What ran since then without being saved is counted as far as the wall clock vouches for
 * it, so that a box that is killed again and again still gets older; a jump of the wall clock meanwhile adds no more than that.
 */
export function startClock(saved: Moment, { wall, monotonic }: Clocks = machineClocks): Clock {
  const unsaved = Math.min(Math.max(wall() - saved.wall, 0), saveClockMs);
  const base = saved.box + unsaved - monotonic();
  const box = () => Math.round(base + monotonic());
  let ahead = wall() - box();
  return {
    now: () => ({ wall: wall(), box: box() }),
    wallOf: (time) => {
      const present = wall() - box();
      if (Math.abs(present - ahead) > shownMs) ahead = present;
      return time + ahead;
    },
  };
}
