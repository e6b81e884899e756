import { describe, expect, test } from "bun:test";
import { backoff, longestWait } from "./backoff.ts";

describe("backoff", () => {
  test.each([
    [1, 0, 500],
    [1, 1, 1000],
    [2, 1, 2000],
    [4, 0, 4000],
    [50, 1, longestWait],
  ])("after %p failures with jitter %p is %p ms", (failures, random, ms) =>
    expect(backoff(failures, null, random)).toBe(ms),
  );

  test("is never shorter than what the box asked for", () => {
    expect(backoff(1, 60, 0)).toBe(60_000);
    expect(backoff(3, 60, 1)).toBeGreaterThan(60_000);
  });
});
