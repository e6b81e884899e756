import { expect, test } from "bun:test";
import { type DeliveryState, deliveryStates, type StudyDecision, type UploadState } from "../contract/states.ts";
import { type SettleFacts, uploadStateOf } from "./upload-state.ts";

const facts = (deliveries: DeliveryState[], more: Partial<SettleFacts> = {}): SettleFacts => ({
  decisions: ["accepted"],
  deliveries,
  refusedAtIntake: false,
  anythingStored: false,
  ...more,
});

test.each([
  [["delivered"], "delivered"],
  [["delivered", "delivered"], "delivered"],
  [["delivered", "partial"], "partial"],
  [["delivered", "discarded"], "partial"],
  [["delivered", "cancelled"], "partial"],
  [["partial"], "partial"],
  [["discarded"], "failed"],
  [["discarded", "cancelled"], "failed"],
  [["cancelled"], "cancelled"],
  [["parked"], "needs_attention"],
  [["parked", "delivered", "discarded", "cancelled"], "needs_attention"],
  [["parked", "retrying"], "forwarding"],
] as [DeliveryState[], UploadState][])("%p is %s", (deliveries, state) => {
  expect(uploadStateOf(facts(deliveries))).toBe(state);
});

test("something refused at intake, or a rejected study, makes it partial", () => {
  expect(uploadStateOf(facts(["delivered"], { refusedAtIntake: true }))).toBe("partial");
  expect(uploadStateOf(facts(["delivered"], { decisions: ["accepted", "rejected"] }))).toBe("partial");
  expect(uploadStateOf(facts([], { decisions: ["rejected"] }))).toBe("failed");
});

test("cancelled with something at the PACS is partial", () => {
  expect(uploadStateOf(facts(["cancelled"], { anythingStored: true }))).toBe("partial");
});

/** The rules in words, over every pair of deliveries, decision and finding. */
const active: DeliveryState[] = ["pending", "sending", "retrying", "waiting"];
const combinations = deliveryStates.flatMap((a) =>
  deliveryStates.flatMap((b) =>
    (["accepted", "needs_confirmation", "rejected"] as const).flatMap((second) =>
      [false, true].map((refused) => [a, b, second, refused] as const),
    ),
  ),
);

test("all combinations of two deliveries, a second study and a refused file", () => {
  for (const [a, b, second, refusedAtIntake] of combinations) {
    const both = [a, b];
    const decisions: StudyDecision[] = ["accepted", second];
    const state = uploadStateOf(facts(both, { decisions, refusedAtIntake }));
    const expected: UploadState =
      second === "needs_confirmation"
        ? "needs_confirmation"
        : both.some((it) => active.includes(it))
          ? "forwarding"
          : both.includes("parked")
            ? "needs_attention"
            : !both.includes("delivered") && !both.includes("partial")
              ? both.includes("discarded")
                ? "failed"
                : "cancelled"
              : a === "delivered" && b === "delivered" && second === "accepted" && !refusedAtIntake
                ? "delivered"
                : "partial";
    expect([a, b, second, refusedAtIntake, state]).toEqual([a, b, second, refusedAtIntake, expected]);
  }
  expect(combinations).toHaveLength(486);
});
