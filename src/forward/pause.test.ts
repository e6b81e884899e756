import { afterEach, beforeEach, expect, test } from "bun:test";
import { pauseDestination, resumeDestination } from "../db/destination-pauses.ts";
import { openTestBox, type TestBox } from "./test-box.ts";
import { FakeDestination } from "./test-destination.ts";

let box: TestBox;
beforeEach(() => {
  box = openTestBox();
});
afterEach(() => box.close());
const fake = (id: string, fallback?: string) =>
  box.add(new FakeDestination(id, () => box.changed()), fallback === undefined ? {} : { fallback });
const accept = (destination: string, serviceLevel: "routine" | "stat" = "routine") => {
  box.advance(1);
  return box.accept({ instances: 1, destinationIds: [destination], serviceLevel });
};
const stateOf = ({ deliveryId }: { deliveryId: string }) => box.delivery(deliveryId).state;

test("to a paused destination nothing goes, STAT neither; the others go on, and resumed it takes all", async () => {
  const main = fake("main");
  fake("other");
  pauseDestination(box.db.orm, "main", 1);
  const held = [accept("main"), accept("main", "stat")];
  const goes = accept("other");
  const forwarder = box.start();
  await box.until(() => stateOf(goes) === "delivered");
  const next = accept("other");
  forwarder.wake();
  await box.until(() => stateOf(next) === "delivered"); // the lanes have had their round
  expect([held.map(stateOf), main.stores.length, main.finds.length]).toEqual([["pending", "pending"], 0, 0]);
  resumeDestination(box.db.orm, "main");
  forwarder.wake();
  await box.until(() => held.every((study) => stateOf(study) === "delivered"));
});

test("a paused fallback does not take over, a paused principal has none", async () => {
  const main = fake("main", "spare");
  const spare = fake("spare");
  main.down = true;
  const studies = [accept("main"), accept("main")];
  pauseDestination(box.db.orm, "spare", 1);
  const forwarder = box.start({ fallbackAfterMs: 0 });
  await box.until(() => studies.every((study) => stateOf(study) === "waiting"));
  box.advance(60_000);
  forwarder.wake();
  await box.until(() => main.checks > 0);
  expect(spare.finds.length + spare.stores.length).toBe(0);
  pauseDestination(box.db.orm, "main", 1);
  resumeDestination(box.db.orm, "spare");
  const direct = accept("spare");
  forwarder.wake();
  await box.until(() => stateOf(direct) === "delivered");
  expect(spare.stores.length).toBe(1);
  resumeDestination(box.db.orm, "main");
  forwarder.wake();
  await box.until(() => studies.every((study) => stateOf(study) === "delivered"));
  expect(spare.stores.length).toBe(3);
});
