import { expect, test } from "bun:test";
import { Value } from "@sinclair/typebox/value";
import { LineMeasured } from "../../src/contract/upload.ts";
import { createLineRecord } from "./line-record.ts";

test("tells the rate over the time in which something was sent, and what was lost", () => {
  const line = createLineRecord();
  for (let n = 0; n < 4; n++) line.arrived(100_000);
  line.during(1500);
  line.during(500);
  line.lost(true);
  line.lost(false);
  line.lost(false);
  expect(line.told()).toEqual({ bytes_per_second: 200_000, stalls: 1, breaks: 2 });
});

test("of nothing it tells nothing, of a little no rate, after five seconds a slow one", () => {
  const line = createLineRecord();
  line.during(400);
  expect(line.told()).toBeNull();
  line.arrived(2000);
  expect(line.told()).toEqual({ stalls: 0, breaks: 0 });
  line.during(4600);
  expect(line.told()).toEqual({ bytes_per_second: 400, stalls: 0, breaks: 0 });
});

test("whatever happened, the box can take it", () => {
  const line = createLineRecord();
  line.arrived(1e12);
  line.during(0.01);
  for (let n = 0; n < 2000; n++) line.lost(n % 4 !== 0);
  expect(Value.Check(LineMeasured, line.told())).toBe(true);
  expect(line.told()).toEqual({ bytes_per_second: 1_250_000_000, stalls: 1000, breaks: 500 });
  const slow = createLineRecord();
  slow.arrived(1);
  slow.during(1e9);
  expect(Value.Check(LineMeasured, slow.told())).toBe(true);
});
