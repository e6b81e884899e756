import { expect, test } from "bun:test";
import { setImmediate } from "node:timers/promises";
import { inFlight } from "./in-flight.ts";

test("so many are under way at once, and all are waited for", async () => {
  const flight = inFlight(3);
  const open: (() => void)[] = [];
  let most = 0;
  let running = 0;
  const begun = (async () => {
    for (let index = 0; index < 7; index++)
      await flight.begin(async () => {
        most = Math.max(most, ++running);
        await new Promise<void>((resolve) => open.push(resolve));
        running -= 1;
      });
    await flight.end();
  })();
  for (let index = 0; index < 7; index++) {
    while (open[index] === undefined) await setImmediate();
    open[index]?.();
  }
  await begun;
  expect([most, running]).toEqual([3, 0]);
});

test("the first failure is told once there is something to tell it to, and nothing begins after it", async () => {
  const flight = inFlight(2);
  const first = new Error("first");
  await flight.begin(() => Promise.reject(first));
  await setImmediate();
  let begun = false;
  await expect(
    flight.begin(async () => {
      begun = true;
    }),
  ).rejects.toBe(first);
  expect(begun).toBe(false);
  await expect(flight.end()).rejects.toBe(first);
  await flight.settled();
});
