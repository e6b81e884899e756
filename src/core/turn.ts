import { setImmediate } from "node:timers/promises";

/** Work that waits for nothing holds the event loop no longer than this, in milliseconds. */
const longest = 5;
let began = 0;

/** For the steps of a loop that wait for nothing of their own: all else has its turn when the last one is long ago. */
export async function giveTurn(): Promise<void> {
  if (performance.now() - began < longest) return;
  await setImmediate();
  began = performance.now();
}
