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

test("keys of old windows are forgotten, and only those", () => {
  let now = 0;
  const rate = new RateWindow(
    () => 1,
    1000,
    () => now,
  );
  for (let n = 0; n < 100; n++) rate.hit(`early ${n}`);
  now = 500;
  rate.hit("late");
  now = 1000;
  expect(rate.hit("early 0")).toBe(0);
  expect(rate.size).toBe(2);
  expect(rate.hit("late")).toBe(1);
  now = 1500; // "late" ends before "early 0", which began anew
  rate.hit("new");
  expect(rate.size).toBe(2);
  expect(rate.hit("early 0")).toBe(1);
});

test("keys that are still counted are bounded: the first window makes room", () => {
  const rate = new RateWindow(
    () => 1,
    1000,
    () => 0,
    100,
  );
  for (let n = 0; n < 1000; n++) expect(rate.hit(`key ${n}`)).toBe(0);
  expect(rate.size).toBe(100);
  expect(rate.hit("key 999")).toBe(1);
  expect(rate.hit("key 900")).toBe(1);
  expect(rate.hit("key 899")).toBe(0);
});

test("a hit does not look through the keys that are still counted, however many there are", () => {
  const rate = new RateWindow(
    () => 1,
    1000,
    () => 0,
  );
  for (let n = 0; n < 20_000; n++) rate.hit(`key ${n}`);
  const looks = looksOf(() => rate.hit("one more"));
  expect(looks).toBeGreaterThan(0);
  expect(looks).toBeLessThan(5);
});

/** How many steps through any Map are taken while something runs. */
function looksOf(work: () => void): number {
  const iterator: { next: () => unknown } = Object.getPrototypeOf(new Map().entries());
  const { next } = iterator;
  let looks = 0;
  iterator.next = function counted() {
    looks += 1;
    return next.call(this);
  };
  try {
    work();
  } finally {
    iterator.next = next;
  }
  return looks;
}
