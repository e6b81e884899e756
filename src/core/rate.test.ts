import { expect, test } from "bun:test";
import { RateWindow } from "./rate.ts";

test("within the limit nothing waits; past it the rest of the window", () => {
  let now = 0;
  const rate = new RateWindow(
    () => 2,
    60_000,
    () => now,
  );
  expect([rate.hit("a"), rate.hit("a"), rate.hit("a")]).toEqual([0, 0, 60]);
  expect(rate.hit("b")).toBe(0);
  now = 45_000;
  expect(rate.hit("a")).toBe(15);
  now = 60_000;
  expect(rate.hit("a")).toBe(0);
});

test("a refunded hit does not count", () => {
  const rate = new RateWindow(
    () => 1,
    60_000,
    () => 0,
  );
  for (let n = 0; n < 5; n++) {
    expect(rate.hit("a")).toBe(0);
    rate.refund("a");
  }
});

test("keys of old windows are forgotten", () => {
  let now = 0;
  const rate = new RateWindow(
    () => 1,
    1000,
    () => now,
  );
  for (let n = 0; n <= 10_000; n++) rate.hit(`key ${n}`);
  now = 1000;
  rate.hit("new");
  expect(rate.size).toBe(1);
});
