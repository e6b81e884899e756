import { describe, expect, test } from "bun:test";
import { createRateMeter, secondsLeft } from "./rate.ts";

describe("the rate", () => {
  test("is not known before two chunks have arrived", () => {
    const meter = createRateMeter();
    meter.start(0);
    expect(meter.rate(100)).toBeNull();
    meter.add(200, 1000, 500);
    expect(meter.rate(200)).toBeNull();
    meter.add(400, 1000, 500);
    expect(meter.rate(400)).toBe(5000);
  });
  test("the line is known from a quarter of a megabyte or five seconds on: small requests measure the box", () => {
    const meter = createRateMeter();
    meter.start(0);
    meter.add(200, 1000, 500);
    meter.add(400, 1000, 500);
    expect(meter.bitsPerSecond(400)).toBeNull();
    expect(meter.bitsPerSecond(5000)).toBe(1600);
    meter.add(1000, 300_000, 262_144);
    expect(meter.bitsPerSecond(1000)).toBe(2_105_152);
  });
  test("forgets what is long past and what lay before a pause", () => {
    const meter = createRateMeter();
    meter.start(0);
    for (let at = 1000; at <= 30_000; at += 1000) meter.add(at, at <= 15_000 ? 1_000_000 : 1000, 1000);
    expect(meter.rate(30_000)).toBe(1000);
    meter.start(100_000);
    expect(meter.rate(100_000)).toBeNull();
  });
  test("stays as it was when nothing is sent any more: a good line is not called slow afterwards", () => {
    const meter = createRateMeter();
    meter.start(0);
    meter.add(500, 300_000, 300_000);
    meter.add(1000, 300_000, 300_000);
    meter.stop(1000);
    for (const later of [1000, 9000, 60_000])
      expect([meter.rate(later), meter.bitsPerSecond(later)]).toEqual([600_000, 4_800_000]);
  });
  test("falls while nothing arrives", () => {
    const meter = createRateMeter();
    meter.start(0);
    meter.add(500, 5000, 5000);
    meter.add(1000, 5000, 5000);
    expect(meter.rate(10_000)).toBe(1000);
  });
});

test.each([
  [1000, 100, 10],
  [1001, 100, 11],
  [0, 100, 0],
  [1000, null, null],
  [1000, 0, null],
] as const)("%p bytes at %p bytes a second take %p s", (bytes, rate, seconds) =>
  expect(secondsLeft(bytes, rate)).toBe(seconds),
);
