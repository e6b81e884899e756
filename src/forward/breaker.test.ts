import { expect, test } from "bun:test";
import { afterFailedProbe, afterFault, closedBreaker, DestinationHealth } from "./breaker.ts";

const fault = { code: "destination_timeout", message: "No answer." } as const;
const middle = () => 0.5;

test("the second fault in a row opens, the first does not", () => {
  const one = afterFault(closedBreaker, fault, 1000, middle);
  expect(one.outage).toBeNull();
  const two = afterFault(one, fault, 5000, middle);
  expect(two.outage).toEqual({ ...fault, since: 5000, probes: 0, nextProbeAt: 6000 });
});

test("further faults do not postpone the probe", () => {
  const open = afterFault(afterFault(closedBreaker, fault, 0, middle), fault, 0, middle);
  expect(afterFault(open, fault, 500, middle).outage).toEqual(open.outage);
});

test("the first probe waits as long as the peer asked", () => {
  const busy = { ...fault, retryAfterSeconds: 20 };
  const open = afterFault(afterFault(closedBreaker, busy, 0, middle), busy, 0, middle);
  expect(open.outage?.nextProbeAt).toBe(20_000);
});

test("probes back off from 1 s to 60 s", () => {
  let breaker = afterFault(afterFault(closedBreaker, fault, 0, middle), fault, 0, middle);
  const pauses: number[] = [];
  for (let n = 0; n < 8; n++) {
    breaker = afterFailedProbe(breaker, 0, middle);
    pauses.push((breaker.outage?.nextProbeAt ?? 0) / 1000);
  }
  expect(pauses).toEqual([2, 4, 8, 16, 32, 60, 60, 60]);
});

test("a success between two faults starts the count again; turns are told once", () => {
  const turns: string[] = [];
  const health = new DestinationHealth({ now: () => 0, random: middle }, (id, outage) =>
    turns.push(`${id} ${outage?.code ?? "up"}`),
  );
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
