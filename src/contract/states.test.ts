import { describe, expect, test } from "bun:test";
import {
  type DeliveryState,
  deliveryStates,
  deliveryTransitions,
  isSettled,
  isTerminal,
  studyState,
  uploadStates,
  uploadTransitions,
} from "./states.ts";

test("the terminal states are those of the contract", () => {
  expect(uploadStates.filter(isTerminal)).toEqual(["delivered", "partial", "failed", "cancelled", "expired"]);
  expect(deliveryStates.filter(isSettled)).toEqual(["delivered", "partial", "discarded", "cancelled"]);
});

test("every state can be reached", () => {
  const reached = (table: Record<string, readonly string[]>) => new Set(Object.values(table).flat());
  for (const state of uploadStates.slice(1)) expect(reached(uploadTransitions)).toContain(state);
  for (const state of deliveryStates) expect(reached(deliveryTransitions)).toContain(state);
});

describe("a study's state follows from decision and deliveries", () => {
  const cases: [DeliveryState[], string][] = [
    [["delivered", "delivered"], "delivered"],
    [["delivered", "sending"], "forwarding"],
    [["parked", "waiting"], "forwarding"],
    [["delivered", "parked"], "needs_attention"],
    [["parked", "discarded"], "needs_attention"],
    [["delivered", "discarded"], "partial"],
    [["partial"], "partial"],
    [["discarded"], "failed"],
    [["cancelled"], "cancelled"],
    [[], "needs_attention"],
  ];
  for (const [deliveries, state] of cases)
    test(`${deliveries.join(" + ") || "none"}: ${state}`, () =>
      expect(studyState("accepted", deliveries)).toBe(state as never));
  test("before a person decided, nothing else counts", () => {
    expect(studyState("needs_confirmation", [])).toBe("needs_confirmation");
    expect(studyState("rejected", ["delivered"])).toBe("rejected");
  });
});
