import { expect, test } from "bun:test";
import { added, bucketsOf, spreadOf } from "./spread.ts";

const near = (value: number | null, wanted: number) => Math.abs((value ?? 0) / wanted - 1) < 0.05;

test("median, 5th and 95th percentile are those of all values, within 5 %, however they were added up", () => {
  const values = Array.from({ length: 1000 }, (_, index) => (index + 1) / 10);
  const whole = spreadOf(bucketsOf(values));
  expect(whole.count).toBe(1000);
  expect(near(whole.median, 50)).toBe(true);
  expect(near(whole.p95, 95)).toBe(true);
  expect(near(whole.p05, 5)).toBe(true);
  const parts = [values.filter((_, at) => at % 3 === 0), values.filter((_, at) => at % 3 !== 0)];
  expect(spreadOf(added(parts.map(bucketsOf)))).toEqual(whole);
});

test("of nothing there is no median", () =>
  expect(spreadOf(bucketsOf([]))).toEqual({ count: 0, p05: null, median: null, p95: null }));
