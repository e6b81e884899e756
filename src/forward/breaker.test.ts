import { expect, test } from "bun:test";
import { afterFailedProbe, afterFault, afterGoodProbe, closedBreaker, DestinationHealth } from "./breaker.ts";

const fault = { code: "destination_timeout", message: "No answer." } as const;
const at = (now: number) => ({ now: () => now, random: () => 0.5 });

test("the second fault in a row opens, the first does not", () => {
  const one = afterFault(closedBreaker, fault, at(1000));
  expect(one.outage).toBeNull();
  const two = afterFault(one, fault, at(5000));
  expect(two.outage).toEqual({ ...fault, since: 5000, probes: 0, nextProbeAt: 6000 });
});

test("further faults do not postpone the probe", () => {
  const open = afterFault(afterFault(closedBreaker, fault, at(0)), fault, at(0));
  expect(afterFault(open, fault, at(500)).outage).toEqual(open.outage);
});

test("the first probe waits as long as the peer asked", () => {
  const busy = { ...fault, retryAfterSeconds: 20 };
  const open = afterFault(afterFault(closedBreaker, busy, at(0)), busy, at(0));
  expect(open.outage?.nextProbeAt).toBe(20_000);
});

test("probes back off from 1 s to 60 s", () => {
  let breaker = afterFault(afterFault(closedBreaker, fault, at(0)), fault, at(0));
  const pauses: number[] = [];
  for (let n = 0; n < 8; n++) {
    breaker = afterFailedProbe(breaker, at(0));
    pauses.push((breaker.outage?.nextProbeAt ?? 0) / 1000);
  }
  expect(pauses).toEqual([2, 4, 8, 16, 32, 60, 60, 60]);
});

test("a success between two faults starts the count again; turns are told once", () => {
  const turns: string[] = [];
  const health = new DestinationHealth(at(0), (id, outage) => turns.push(`${id} ${outage?.code ?? "up"}`));
  health.failed("a", fault);
  health.worked("a");
  health.failed("a", fault);
  expect(health.outage("a")).toBeNull();
  health.failed("a", fault);
  health.failed("a", fault);
  expect(health.outage("b")).toBeNull();
  health.worked("a");
  health.worked("a");
  expect(turns).toEqual(["a destination_timeout", "a up"]);
});

test("after a good probe the next fault opens again, later and with the first outage's beginning, until an attempt works", () => {
  let breaker = afterFault(afterFault(closedBreaker, fault, at(0)), fault, at(0));
  const pauses: number[] = [];
  for (let n = 1; n < 8; n++) {
    breaker = afterGoodProbe(breaker, at(1000 * n));
    expect(breaker.outage).toBeNull();
    breaker = afterFault(breaker, fault, at(1000 * n));
    expect(breaker.outage?.since).toBe(0);
    pauses.push((breaker.outage?.nextProbeAt ?? 0) / 1000 - n);
  }
  expect(pauses).toEqual([2, 4, 8, 16, 32, 60, 60]);
  const health = new DestinationHealth(at(0), () => {});
  for (const _ of [1, 2]) health.failed("a", fault);
  health.probed("a");
  expect(health.outage("a")).toBeNull();
  health.worked("a");
  health.failed("a", fault);
  expect(health.outage("a")).toBeNull();
});

test("a fault long after the good probe is the first of another outage", () => {
  const open = afterFault(afterFault(closedBreaker, fault, at(0)), fault, at(0));
  const trial = afterGoodProbe(open, at(1000));
  expect(afterFault(trial, fault, at(3_601_000)).outage?.since).toBe(0);
  const one = afterFault(trial, fault, at(3_601_001));
  expect(one).toEqual({ failures: 1, outage: null, trial: null });
  expect(afterFault(one, fault, at(3_601_002)).outage).toMatchObject({ since: 3_601_002, probes: 0 });
});
