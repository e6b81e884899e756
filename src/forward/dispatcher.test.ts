import { afterEach, beforeEach, expect, test } from "bun:test";
import { DestinationError } from "../destinations/destination.ts";
import { applyRetry } from "./settle.ts";
import { openTestBox, type TestBox } from "./test-box.ts";
import { except, FakeDestination, gate, later, unreachable } from "./test-destination.ts";

let box: TestBox;
beforeEach(() => {
  box = openTestBox();
});
afterEach(() => box.close());
const fake = (id = "main") => box.add(new FakeDestination(id, () => box.changed()));
const inState = (id: string, state: string) => box.until(() => box.delivery(id).state === state);

test("a queued study is stored, asked back for, and delivered", async () => {
  const main = fake();
  const { uploadId, deliveryId } = box.accept({ instances: 3 });
  expect(box.uploadRow(uploadId).state).toBe("forwarding");
  box.start();
  await box.until(() => box.uploadRow(uploadId).state === "delivered");
  const row = box.delivery(deliveryId);
  expect(row).toMatchObject({ state: "delivered", deliveredInstances: 3, attempts: 1, via: null, errorCode: null });
  expect(row.receiptId).toBe(box.uploadRow(uploadId).receiptId);
  expect([main.stores.length, main.finds.length]).toEqual([1, 1]);
  await box.until(() => box.events.length === 2);
  expect(box.events.map(({ name }) => name)).toEqual(["delivery.started", "delivery.finished"]);
  expect(JSON.stringify(box.events)).not.toContain("2.25.");
});

test("only what is missing is sent again; progress starts the pauses again", async () => {
  const main = fake();
  main.scripts.push(
    except({ 0: later, 1: later, 2: later }),
    except({ 0: later, 1: later, 2: later }),
    except({ 1: later, 2: null }),
  );
  const { deliveryId } = box.accept({ instances: 4 });
  const forwarder = box.start();
  for (const attempts of [1, 2, 3]) {
    await box.until(() => box.named("delivery.retrying").length === attempts);
    box.advance(10_000);
    forwarder.wake();
  }
  await inState(deliveryId, "delivered");
  expect(main.stores.map((uids) => uids.length)).toEqual([4, 3, 3, 2]);
  // The first attempt stored one, the second nothing, the third one.
  expect(box.named("delivery.retrying").map(({ fields }) => fields.retry_in_ms)).toEqual([1000, 2000, 1000]);
  expect(box.named("delivery.retrying")[0]?.fields).toMatchObject({
    code: "destination_busy",
    delivered: 1,
    instances: 4,
  });
});

test("before its time a retry is not made", async () => {
  const main = fake();
  main.scripts.push(except({ 0: later }));
  const waiting = box.accept({ instances: 1 });
  const forwarder = box.start();
  await inState(waiting.deliveryId, "retrying");
  box.advance(999);
  const other = box.accept({ instances: 1 });
  forwarder.wake();
  await inState(other.deliveryId, "delivered");
  expect(box.delivery(waiting.deliveryId).state).toBe("retrying");
});

test.each([-86_400_000, 86_400_000])(
  "a clock that is set by %d ms neither holds a retry up nor brings it forward",
  async (ms) => {
    const main = fake();
    main.scripts.push(except({ 0: later }));
    const { deliveryId } = box.accept({ instances: 1, retryHours: 1 });
    const forwarder = box.start();
    await inState(deliveryId, "retrying");
    box.setClockBy(ms);
    box.advance(999);
    const other = box.accept({ instances: 1 });
    forwarder.wake();
    await inState(other.deliveryId, "delivered");
    expect(box.delivery(deliveryId).state).toBe("retrying");
    box.advance(1);
    forwarder.wake();
    await inState(deliveryId, "delivered");
  },
);

test("a fault no retry mends parks with its code, and the lane goes on", async () => {
  const main = fake();
  main.scripts.push(() => {
    throw new DestinationError("destination_auth_failed", "Sign-in refused.", false);
  });
  const first = box.accept();
  box.advance(1);
  const second = box.accept();
  box.start();
  await inState(second.deliveryId, "delivered");
  expect(box.delivery(first.deliveryId)).toMatchObject({ state: "parked", errorCode: "destination_auth_failed" });
  expect(box.named("delivery.parked")[0]?.fields.code).toBe("destination_auth_failed");
});

test("the peer's Retry-After is kept", async () => {
  fake().scripts.push(() => {
    throw unreachable("destination_busy", 120);
  });
  const { deliveryId } = box.accept();
  box.start();
  await inState(deliveryId, "retrying");
  expect(box.delivery(deliveryId).nextAttemptAt).toBe(box.now().box + 120_000);
});

test("the last try is made when the retry time ends; then parked with the last cause", async () => {
  const main = fake();
  main.scripts.push(except({ 0: later }), except({ 0: later }));
  const { deliveryId, uploadId } = box.accept({ instances: 1, retryHours: 0.5 / 3600 });
  const forwarder = box.start();
  await inState(deliveryId, "retrying");
  expect(box.delivery(deliveryId).nextAttemptAt).toBe(box.now().box + 500);
  box.advance(500);
  forwarder.wake();
  await inState(deliveryId, "parked");
  expect(box.delivery(deliveryId)).toMatchObject({
    errorCode: "retry_time_exceeded",
    attempts: 2,
    nextAttemptAt: null,
  });
  expect(box.delivery(deliveryId).errorMessage).toEndWith("Last cause: Full.");
  main.scripts.push(except({ 0: later }));
  box.db.transaction((tx) => applyRetry(tx, uploadId, box.now(), box.config));
  forwarder.wake();
  await inState(deliveryId, "retrying");
  expect(box.delivery(deliveryId).nextAttemptAt).toBe(box.now().box + 1000);
});

test("an error of the box itself is retried without its words", async () => {
  const main = fake();
  main.scripts.push(() => {
    throw Object.assign(new TypeError("DOE^JANE"), { code: "ENOENT" });
  });
  const { deliveryId } = box.accept();
  const forwarder = box.start();
  await inState(deliveryId, "retrying");
  expect(box.delivery(deliveryId).errorCode).toBe("internal_error");
  expect(JSON.stringify([box.delivery(deliveryId), box.events])).not.toContain("DOE");
  box.advance(1000);
  forwarder.wake();
  await inState(deliveryId, "delivered");
});

test("a destination that left the configuration parks what is queued for it", async () => {
  fake();
  const gone = box.accept({ destinationIds: ["gone"] });
  const forwarder = box.start();
  await inState(gone.deliveryId, "parked");
  expect(box.delivery(gone.deliveryId).errorCode).toBe("destination_unknown");
  const held = gate();
  fake("leaving").scripts.push(held.script);
  const leaving = box.accept({ destinationIds: ["leaving"] });
  forwarder.wake();
  await inState(leaving.deliveryId, "sending");
  box.remove("leaving");
  forwarder.wake();
  await inState(leaving.deliveryId, "parked");
  expect(box.delivery(leaving.deliveryId).errorCode).toBe("destination_unknown");
});

test("without a destination a study is parked and nothing moves", async () => {
  const { deliveryId, uploadId } = box.accept({ destinationIds: [] });
  box.start();
  await inState(deliveryId, "parked");
  expect(box.delivery(deliveryId)).toMatchObject({
    destinationId: "none",
    state: "parked",
    errorCode: "no_destination",
  });
  expect(box.uploadRow(uploadId).state).toBe("needs_attention");
  await box.until(() => box.named("delivery.parked").length === 1);
  expect(box.named("delivery.parked")[0]?.fields).toMatchObject({ code: "no_destination", upload_id: uploadId });
});

test("a lane that takes long to end keeps no other waiting, and is begun anew only when it is over", async () => {
  const slow = fake("slow");
  const main = fake();
  const ending = Promise.withResolvers<void>();
  slow.scripts.push(async (instances, report, _signal, it) => {
    await ending.promise;
    for (const instance of instances) report({ ...it.take(instance), verified: true });
  });
  const first = box.accept({ destinationIds: ["slow"] });
  const forwarder = box.start({ stopGraceMs: 600_000 });
  await box.until(() => slow.stores.length === 1);
  box.remove("slow");
  forwarder.wake();
  const other = box.accept();
  forwarder.wake();
  await inState(other.deliveryId, "delivered");
  expect(main.held.size).toBe(3);
  box.add(slow);
  const later = box.accept({ destinationIds: ["slow"] });
  const another = box.accept();
  forwarder.wake();
  await inState(another.deliveryId, "delivered");
  expect(slow.stores).toHaveLength(1);
  ending.resolve();
  await inState(later.deliveryId, "delivered");
  await inState(first.deliveryId, "delivered");
  expect(slow.held.size).toBe(6);
});

test("a lane that cannot be ended is replaced when its destination is back", async () => {
  const main = fake();
  const { deliveryId } = box.accept();
  main.scripts.push(gate().script);
  const forwarder = box.start({ stopGraceMs: 1 });
  await inState(deliveryId, "sending");
  box.db.sqlite.run(
    "CREATE TRIGGER full BEFORE UPDATE ON delivery WHEN new.state <> 'parked' BEGIN SELECT RAISE(ABORT, 'full'); END",
  );
  box.remove("main");
  forwarder.wake();
  await box.until(() => box.named("worker.failed").length > 0);
  box.db.sqlite.run("DROP TRIGGER full");
  box.add(main);
  while (box.delivery(deliveryId).state !== "delivered") {
    box.advance(1000);
    forwarder.wake();
    await new Promise((resolve) => setImmediate(resolve));
  }
});
