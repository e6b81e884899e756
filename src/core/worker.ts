import { isDiskFull } from "./disk-full.ts";

/** A loop that polls and can be woken. */
export interface Worker {
  /** Runs again as soon as it can; any number of calls during a run mean one more run. */
  wake(): void;
  /** Aborts the signal of the run under way, waits for it, and runs no more. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  readonly name: string;
  /** One round. Answers in how many milliseconds it wants to run again; null: only when woken. */
  readonly run: (signal: AbortSignal) => Promise<number | null>;
  /** Told of every error of a round; the loop goes on after a pause. */
  readonly onError: (error: unknown, name: string) => void;
  /** Pause after the first failed round in milliseconds; it doubles up to a minute, but not while the disk is full. */
  readonly errorPauseMs?: number;
}

const longestErrorPauseMs = 60_000;
/** setTimeout takes 32 bits; longer waits would fire at once. */
const longestTimerMs = 2_147_483_647;

/** Starts the loop with a first round at once. */
export function startWorker({ name, run, onError, errorPauseMs = 1000 }: WorkerOptions): Worker {
  const ending = new AbortController();
  let woken = false;
  let sleeping: { readonly wakeable: boolean; readonly end: () => void } | undefined;

  /** null: until woken. */
  const sleep = async (milliseconds: number | null, wakeable: boolean): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wait = Math.min(Math.max(milliseconds ?? 0, 0), longestTimerMs);
    const timer = milliseconds === null ? undefined : setTimeout(resolve, wait);
    sleeping = { wakeable, end: resolve };
    await promise;
    clearTimeout(timer);
    sleeping = undefined;
  };

  const report = (error: unknown): void => {
    try {
      onError(error, name);
    } catch {
      // A reporter that fails must not end the loop.
    }
  };

  const loop = async (): Promise<void> => {
    let failures = 0;
    while (!ending.signal.aborted) {
      woken = false;
      try {
        const wait = await run(ending.signal);
        failures = 0;
        // Even when woken, let other events through first.
        if (!ending.signal.aborted) await sleep(woken ? 0 : wait, true);
      } catch (error) {
        if (ending.signal.aborted) return;
        report(error);
        // A full disk is nobody's fault that wears off: work goes on within seconds after there is space (RELIABILITY P16).
        failures = isDiskFull(error) ? 1 : failures + 1;
        await sleep(Math.min(errorPauseMs * 2 ** (failures - 1), longestErrorPauseMs), false);
      }
    }
  };
  const ended = loop();

  return {
    wake: () => {
      woken = true;
      if (sleeping?.wakeable) sleeping.end();
    },
    stop: () => {
      ending.abort();
      sleeping?.end();
      return ended;
    },
  };
}
