import { expect, test } from "bun:test";
import { backoffMs, longestPauseMs } from "./backoff.ts";

const middle = { random: () => 0.5 };

test("doubles from 1 s to 15 min and stays there", () => {
  const pauses = Array.from({ length: 12 }, (_, index) => backoffMs(index + 1, middle) / 1000);
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
  expect(backoffMs(5000, middle)).toBe(900_000);
});

test("jitter is 20 % either way", () => {
  expect(backoffMs(1, { random: () => 0 })).toBe(800);
  expect(backoffMs(1, { random: () => 0.999999 })).toBe(1200);
});

test("what the peer asks for is not shortened, but bounded", () => {
  expect(backoffMs(1, { ...middle, retryAfterSeconds: 30 })).toBe(30_000);
  expect(backoffMs(10, { ...middle, retryAfterSeconds: 30 })).toBe(512_000);
  expect(backoffMs(1, { ...middle, retryAfterSeconds: 1e9 })).toBe(longestPauseMs);
});

test("a probe's pause has its own bound", () => {
  expect(backoffMs(20, { ...middle, maxMs: 60_000 })).toBe(60_000);
});
