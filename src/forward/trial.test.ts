import { afterEach, beforeEach, expect, test } from "bun:test";
import type { DeliveryState } from "../contract/states.ts";
import type { Forwarder } from "./dispatcher.ts";
import { openTestBox, type TestBox } from "./test-box.ts";
import { FakeDestination, unreachable } from "./test-destination.ts";

let box: TestBox;
beforeEach(() => {
  box = openTestBox();
});
afterEach(() => box.close());
const fake = (id = "main", fallback?: string) =>
  box.add(new FakeDestination(id, () => box.changed()), fallback === undefined ? {} : { fallback });
const inState = (id: string, state: DeliveryState) => box.until(() => box.delivery(id).state === state);
const accept = (more: Parameters<TestBox["accept"]>[0] = {}) => {
  box.advance(1);
  return box.accept({ instances: 1, ...more });
};
/** Lets `ms` pass on the box's clock and the forwarder look at it. */
const pass = (forwarder: Forwarder, ms: number) => {
  box.advance(ms);
  forwarder.wake();
};
/** A PACS that answers its check but stores nothing: full, read-only, 503. */
const full = (destination: FakeDestination) => {
  destination.onCheck = async () => [{ name: "connect", ok: true, detail: "" }];
  destination.down = true;
};
/** Seconds of the box's clock, one by one. */
async function seconds(forwarder: Forwarder, count: number) {
  for (let n = 0; n < count; n++) {
    pass(forwarder, 1000);
    for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

test("a PACS whose check works but whose store does not is asked ever more seldom", async () => {
  const main = fake();
  full(main);
  for (let n = 0; n < 10; n++) accept();
  const forwarder = box.start();
  const attempts = () => box.named("delivery.started").length;
  await box.until(() => attempts() === 2);
  await seconds(forwarder, 300);
  expect(attempts()).toBeLessThan(16);
  const before = attempts();
  await seconds(forwarder, 300);
  expect(attempts() - before).toBeGreaterThan(2);
  expect(attempts() - before).toBeLessThan(8);
  main.down = false;
  while (box.named("delivery.finished").length < 10) await seconds(forwarder, 1);
}, 60_000);

test("… and its fallback takes over all the same", async () => {
  const main = fake("main", "spare");
  const spare = fake("spare");
  full(main);
  const studies = [accept(), accept(), accept()];
  const forwarder = box.start();
  await seconds(forwarder, 70);
  await box.until(() => studies.every(({ deliveryId }) => box.delivery(deliveryId).state === "delivered"));
  expect(spare.held.size).toBe(3);
}, 60_000);

test("an outage of the destination does not shorten the pause that it asked for one delivery", async () => {
  const main = fake();
  main.scripts.push(() => {
    throw unreachable("destination_busy", 1800);
  });
  const busy = accept();
  const forwarder = box.start();
  await inState(busy.deliveryId, "retrying");
  const due = box.delivery(busy.deliveryId).nextAttemptAt;
  main.down = true;
  const others = [accept(), accept()];
  forwarder.wake();
  await inState(others[1]?.deliveryId ?? "", "waiting");
  expect(box.delivery(busy.deliveryId)).toMatchObject({ state: "waiting", nextAttemptAt: due });
  main.down = false;
  await seconds(forwarder, 5);
  await inState(others[1]?.deliveryId ?? "", "delivered");
  expect(box.delivery(busy.deliveryId)).toMatchObject({ attempts: 1, nextAttemptAt: due });
  await seconds(forwarder, 1800);
  await inState(busy.deliveryId, "delivered");
}, 60_000);

test("a clock set back a day does not keep the fallback waiting", async () => {
  const main = fake("main", "spare");
  fake("spare");
  main.down = true;
  main.onCheck = () => new Promise(() => {});
  const studies = [accept(), accept(), accept()];
  const forwarder = box.start();
  await box.until(() => studies.every(({ deliveryId }) => box.delivery(deliveryId).state === "waiting"));
  box.setClockBy(-86_400_000);
  pass(forwarder, 60_000);
  await box.until(() => studies.every(({ deliveryId }) => box.delivery(deliveryId).state === "delivered"));
});
