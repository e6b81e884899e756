import { afterEach, beforeEach, expect, test } from "bun:test";
import type { DeliveryState } from "../contract/states.ts";
import { applyCancel } from "./cancel.ts";
import { openTestBox, type TestBox } from "./test-box.ts";
import { FakeDestination, gate, type StoreScript, unreachable } from "./test-destination.ts";

let box: TestBox;
beforeEach(() => {
  box = openTestBox();
});
afterEach(() => box.close());
const fake = (id = "main") => box.add(new FakeDestination(id, () => box.changed()));
const inState = (id: string, state: DeliveryState) => box.until(() => box.delivery(id).state === state);

/** Takes everything and never answers, not even to the signal. */
const mute: StoreScript = (instances, _report, _signal, it) => {
  for (const instance of instances) it.take(instance);
  return new Promise(() => {});
};

test("killed between store and answer: asked first after the restart, nothing is sent twice", async () => {
  const main = fake();
  main.scripts.push(mute);
  const { deliveryId } = box.accept({ instances: 3 });
  const killed = box.start({ stopGraceMs: 1 });
  await box.until(() => main.held.size === 3);
  await killed.stop();
  box.db.sqlite.run("UPDATE delivery SET state = 'sending'"); // as a kill leaves it
  box.start();
  await inState(deliveryId, "delivered");
  expect([main.stores.length, main.finds.length]).toEqual([1, 1]);
  expect(box.delivery(deliveryId)).toMatchObject({ attempts: 2, deliveredInstances: 3 });
});

test("… and where the peer cannot be asked, only what it did not answer is sent again", async () => {
  const main = fake();
  main.queryable = false;
  main.scripts.push(async ([first, ...rest], report, signal, it) => {
    if (first) report(it.take(first));
    return mute(rest.slice(0, 0), report, signal, it);
  });
  const { deliveryId } = box.accept({ instances: 3 });
  const killed = box.start({ stopGraceMs: 1 });
  await box.until(() => box.db.sqlite.query("SELECT 1 FROM delivery_instance").get() !== null);
  await killed.stop();
  box.start();
  await inState(deliveryId, "delivered");
  expect(main.stores.map((uids) => uids.length)).toEqual([3, 2]);
});

test("what waited for a destination is queued again by a start", async () => {
  fake();
  const { deliveryId } = box.accept();
  box.db.sqlite.run("UPDATE delivery SET state = 'waiting', next_attempt_at = 9e15");
  box.start();
  await inState(deliveryId, "delivered");
});

test("a stop aborts, keeps what was said, queues again, and writes nothing afterwards", async () => {
  const main = fake();
  let sayLate: () => void = () => {};
  main.scripts.push(([first, second], report, _signal, it) => {
    if (first) report({ ...it.take(first), verified: true });
    if (second) sayLate = () => report({ ...it.take(second), verified: true });
    return new Promise(() => {});
  });
  const { deliveryId } = box.accept({ instances: 2 });
  const forwarder = box.start({ stopGraceMs: 1 });
  await inState(deliveryId, "sending");
  await box.until(() => main.held.size === 1);
  await forwarder.stop();
  expect(box.delivery(deliveryId)).toMatchObject({ state: "pending", deliveredInstances: 1 });
  const before = box.db.sqlite.query("SELECT * FROM delivery_instance").all();
  sayLate();
  forwarder.wake();
  expect(box.db.sqlite.query("SELECT * FROM delivery_instance").all()).toEqual(before);
});

test("an attempt that ends long after the stop has no say any more", async () => {
  const main = fake();
  const late = Promise.withResolvers<never>();
  const held = gate();
  main.scripts.push(() => late.promise, held.script);
  const { deliveryId } = box.accept();
  const stopped = box.start({ stopGraceMs: 1 });
  await box.until(() => main.stores.length === 1);
  await stopped.stop();
  box.start();
  await box.until(() => main.stores.length === 2);
  late.reject(new Error("late"));
  await new Promise((resolve) => setImmediate(resolve));
  expect(box.delivery(deliveryId).state).toBe("sending");
  held.open();
  await inState(deliveryId, "delivered");
});

test("an abort that an adapter tells as a fault of the destination is not taken for one", async () => {
  const main = fake();
  const forwarder = box.start();
  for (const round of [1, 2, 3]) {
    main.scripts.push((_instances, _report, signal) => {
      const { promise, reject } = Promise.withResolvers<never>();
      signal.addEventListener("abort", () => reject(unreachable("destination_timeout")));
      return promise;
    });
    const { deliveryId, uploadId } = box.accept();
    forwarder.wake();
    await box.until(() => main.stores.length === round);
    box.db.transaction((tx) => applyCancel(tx, uploadId, box.now()));
    expect(box.delivery(deliveryId).state).toBe("cancelled");
    forwarder.wake();
  }
  const last = box.accept();
  forwarder.wake();
  await inState(last.deliveryId, "delivered");
  expect(box.named("destination.down")).toHaveLength(0);
});

test("an attempt that heeds the signal ends within the stop, without a fault of the destination", async () => {
  const main = fake();
  main.scripts.push(gate().script);
  const { deliveryId, uploadId } = box.accept();
  const forwarder = box.start({ stopGraceMs: 600_000 });
  await inState(deliveryId, "sending");
  await forwarder.stop();
  expect(box.delivery(deliveryId)).toMatchObject({ state: "pending", errorCode: null });
  expect(box.uploadRow(uploadId).state).toBe("forwarding");
});

test("a cancel ends the attempt under way; what comes after is not recorded", async () => {
  const main = fake();
  const held = gate();
  main.scripts.push(held.script);
  const first = box.accept({ instances: 1 });
  const forwarder = box.start();
  await inState(first.deliveryId, "sending");
  expect(box.db.transaction((tx) => applyCancel(tx, first.uploadId, box.now()))).toBe("cancelled");
  const next = box.accept({ instances: 1 });
  forwarder.wake();
  await inState(next.deliveryId, "delivered");
  held.open();
  expect(box.delivery(first.deliveryId)).toMatchObject({ state: "cancelled", deliveredInstances: 0 });
  expect([...box.named("destination.down"), ...box.named("worker.failed")]).toEqual([]);
});

test("a report after the cancel ends the attempt even before anyone wakes the lane", async () => {
  const main = fake();
  const { promise, resolve } = Promise.withResolvers<void>();
  let aborted = false;
  main.scripts.push(async (instances, report, signal, it) => {
    signal.addEventListener("abort", () => {
      aborted = true;
      box.changed();
    });
    await promise;
    for (const instance of instances) report({ ...it.take(instance), verified: true });
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  const { deliveryId, uploadId } = box.accept();
  box.start();
  await inState(deliveryId, "sending");
  box.db.transaction((tx) => applyCancel(tx, uploadId, box.now()));
  resolve();
  await box.until(() => aborted);
  expect(box.delivery(deliveryId)).toMatchObject({ state: "cancelled", deliveredInstances: 0 });
});

test.each([
  ["outcomes", "BEFORE INSERT ON delivery_instance"],
  ["the verdict", "BEFORE UPDATE ON delivery WHEN new.state = 'delivered'"],
])("a database that cannot write %s delays, and loses nothing", async (_, when) => {
  const main = fake();
  const { deliveryId } = box.accept();
  box.db.sqlite.run(`CREATE TRIGGER full ${when} BEGIN SELECT RAISE(ABORT, 'full'); END`);
  const forwarder = box.start();
  await inState(deliveryId, "retrying");
  expect(box.delivery(deliveryId).errorCode).toBe("internal_error");
  box.db.sqlite.run("DROP TRIGGER full");
  box.advance(10_000);
  forwarder.wake();
  await inState(deliveryId, "delivered");
  expect(main.held.size).toBe(3);
  expect(box.named("destination.down")).toHaveLength(0);
});
