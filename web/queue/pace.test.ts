import { describe, expect, test } from "bun:test";
import { createPace, type Pace } from "./pace.ts";

const repeat = (times: number, work: () => void) => {
  for (let i = 0; i < times; i++) work();
};
const soon = 100;
/** The line is found not to be full at first, then it is. */
const good = (pace: Pace, rate: number, times = 40) => {
  repeat(3, () => pace.arrived(rate, soon));
  repeat(times, () => pace.arrived(rate, 4000));
};

describe("the pace of requests", () => {
  test("starts with one of 32 kB and opens more, larger ones, as they arrive", () => {
    const pace = createPace();
    expect([pace.bytes, pace.lanes, pace.stallMs]).toEqual([32_768, 1, 8000]);
    pace.arrived(null, soon);
    expect([pace.bytes, pace.lanes]).toEqual([65_536, 2]);
    good(pace, 1e9);
    expect([pace.bytes, pace.lanes]).toEqual([2_097_152, 8]);
  });
  test.each([
    [125_000, 62_500, 8], // 1 Mbit/s
    [2_500_000, 1_250_000, 8],
    [24_000, 16_384, 6],
    [1e9, 2_097_152, 8],
  ])("at %p bytes a second carries %p bytes, %p at once", (rate, bytes, lanes) => {
    const pace = createPace();
    good(pace, rate);
    expect([pace.bytes, pace.lanes]).toEqual([bytes, lanes]);
  });
  test("a quick request makes nothing smaller: the rate is only not yet known", () => {
    const pace = createPace();
    repeat(3, () => pace.arrived(null, soon));
    pace.arrived(1000, soon);
    expect([pace.bytes, pace.lanes]).toEqual([262_144, 8]);
    pace.arrived(1000, 4000);
    expect([pace.bytes, pace.lanes]).toEqual([16_384, 6]);
  });
  test("shrinks to 16 kB after two losses in a row, to 4 kB after four more", () => {
    const pace = createPace();
    pace.lost();
    expect([pace.bytes, pace.lanes]).toEqual([32_768, 2]); // a stalled one does not hold up the rest
    pace.lost();
    expect([pace.bytes, pace.lanes]).toEqual([16_384, 6]);
    repeat(3, pace.lost);
    expect(pace.bytes).toBe(16_384);
    repeat(10, pace.lost);
    expect([pace.bytes, pace.lanes]).toEqual([4096, 6]);
  });
  test("sends no more at once where that would only wait for each other: 64 kbit/s", () => {
    const pace = createPace();
    pace.arrived(8000, 4000);
    expect([pace.bytes, pace.lanes]).toEqual([16_384, 1]);
    pace.arrived(8000, 1900);
    pace.arrived(8000, 3800);
    expect([pace.bytes, pace.lanes]).toEqual([16_384, 2]);
    repeat(2, pace.lost);
    expect(pace.lanes).toBe(6);
    repeat(8, () => pace.arrived(8000, 12_000));
    expect(pace.lanes).toBe(2);
  });
  test("is as patient as twice what requests take on this line, within bounds", () => {
    const pace = createPace();
    repeat(20, () => pace.arrived(8000, 12_000));
    expect(pace.stallMs).toBe(24_000);
    repeat(20, () => pace.arrived(8000, 60_000));
    expect(pace.stallMs).toBe(30_000);
    repeat(20, () => pace.arrived(8000, 2500));
    expect(pace.stallMs).toBe(8000);
  });
  test("one loss among successes changes nothing", () => {
    const pace = createPace();
    good(pace, 1e9);
    repeat(5, () => {
      pace.lost();
      pace.arrived(1e9, soon);
    });
    expect(pace.bytes).toBe(2_097_152);
  });
  test("grows again when the link is better", () => {
    const pace = createPace();
    repeat(6, pace.lost);
    expect(pace.bytes).toBe(4096);
    good(pace, 1e6, 60);
    expect([pace.bytes, pace.lanes, pace.stallMs]).toEqual([500_000, 8, 8000]);
  });
});
