import { expect, test } from "bun:test";
import { startWorker } from "./worker.ts";

const nothing = () => {};
/** Counts rounds and lets a test wait for the n-th. */
function counter() {
  let rounds = 0;
  const waiting = new Map<number, () => void>();
  return {
    next: () => {
      rounds += 1;
      waiting.get(rounds)?.();
    },
    rounds: () => rounds,
    reached: (n: number) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (rounds >= n) resolve();
      else waiting.set(n, resolve);
      return promise;
    },
  };
}

test("runs at once, then when woken; many wakes in a run mean one more", async () => {
  const count = counter();
  const worker = startWorker({
    name: "w",
    run: async () => {
      count.next();
      if (count.rounds() === 2) for (let i = 0; i < 5; i++) worker.wake();
      return null;
    },
    onError: nothing,
  });
  await count.reached(1);
  worker.wake();
  await count.reached(3);
  await worker.stop();
  expect(count.rounds()).toBe(3);
});

test("a dated round comes by itself", async () => {
  const count = counter();
  const run = async () => {
    count.next();
    return count.rounds() < 3 ? 1 : null;
  };
  const worker = startWorker({ name: "w", run, onError: nothing });
  await count.reached(3);
  await worker.stop();
});

test("an error is reported with the worker's name and does not end the loop, nor does a broken reporter", async () => {
  const count = counter();
  const errors: unknown[] = [];
  const worker = startWorker({
    name: "w",
    errorPauseMs: 1,
    run: async () => {
      count.next();
      if (count.rounds() < 3) throw new Error(`round ${count.rounds()}`);
      return null;
    },
    onError: (error, name) => {
      errors.push([name, (error as Error).message]);
      throw new Error("reporter");
    },
  });
  await count.reached(3);
  await worker.stop();
  expect(errors).toEqual([
    ["w", "round 1"],
    ["w", "round 2"],
  ]);
});

test("stop aborts the round under way, waits for it and runs no more", async () => {
  const count = counter();
  let ended = false;
  const worker = startWorker({
    name: "w",
    run: async (signal) => {
      count.next();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      ended = true;
      return 0;
    },
    onError: nothing,
  });
  await count.reached(1);
  await worker.stop();
  worker.wake();
  expect(ended).toBe(true);
  expect(count.rounds()).toBe(1);
});

test("stop ends a long sleep and a pause after an error", async () => {
  const sleeping = startWorker({ name: "w", run: async () => 2 ** 40, onError: nothing });
  await sleeping.stop();
  const seen = counter();
  const failing = startWorker({
    name: "w",
    errorPauseMs: 60_000,
    run: () => Promise.reject(new Error()),
    onError: seen.next,
  });
  await seen.reached(1);
  await failing.stop();
  expect(seen.rounds()).toBe(1);
});

test("while the disk is full the pauses do not grow", async () => {
  const count = counter();
  const worker = startWorker({
    name: "w",
    errorPauseMs: 1,
    run: async () => {
      count.next();
      // Doubled each time, the pauses before these rounds would add up to minutes.
      if (count.rounds() < 20) throw Object.assign(new Error("full"), { code: "SQLITE_FULL" });
      return null;
    },
    onError: nothing,
  });
  await count.reached(20);
  await worker.stop();
});
