import { describe, expect, test } from "bun:test";
import { createPace, type Pace } from "./pace.ts";

const repeat = (times: number, work: () => void) => {
  for (let i = 0; i < times; i++) work();
};
const good = (pace: Pace, rate: number, times = 20) => repeat(times, () => pace.arrived(rate));

describe("the pace of requests", () => {
  test("starts with one of 256 kB and opens more as they arrive", () => {
    const pace = createPace();
    expect([pace.bytes, pace.lanes, pace.stallMs]).toEqual([262_144, 1, 8000]);
    pace.arrived(null);
    expect([pace.bytes, pace.lanes]).toEqual([262_144, 2]);
    good(pace, 1e9);
    expect([pace.bytes, pace.lanes]).toEqual([8_388_608, 8]);
  });
  test.each([
    [125_000, 62_500], // 1 Mbit/s
    [2_500_000, 1_250_000],
    [1000, 4096],
    [1e9, 8_388_608],
  ])("at %p bytes a second carries %p bytes", (rate, bytes) => {
    const pace = createPace();
    good(pace, rate);
    expect(pace.bytes).toBe(bytes);
  });
  test("shrinks to 16 kB after two losses, to 4 kB after two more, and is less patient then", () => {
    const pace = createPace();
    pace.lost();
    expect([pace.bytes, pace.stallMs]).toEqual([262_144, 8000]);
    pace.lost();
    expect([pace.bytes, pace.stallMs]).toEqual([16_384, 4000]);
    repeat(2, pace.lost);
    expect(pace.bytes).toBe(4096);
    repeat(10, pace.lost);
    expect(pace.bytes).toBe(4096);
  });
  test("one loss among successes changes nothing", () => {
    const pace = createPace();
    good(pace, 1e9);
    repeat(5, () => {
      pace.lost();
      pace.arrived(1e9);
    });
    expect(pace.bytes).toBe(8_388_608);
  });
  test("grows again when the link is better", () => {
    const pace = createPace();
    repeat(4, pace.lost);
    good(pace, 1e6, 60);
    expect([pace.bytes, pace.stallMs]).toEqual([500_000, 8000]);
  });
});
