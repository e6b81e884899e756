import { afterEach, beforeEach, expect, test } from "bun:test";
import type { DeliveryState } from "../contract/states.ts";
import { storedInstances } from "../db/receipts.ts";
import { DestinationError } from "../destinations/destination.ts";
import type { Forwarder } from "./dispatcher.ts";
import { receiptOf } from "./receipt.ts";
import { discardDelivery } from "./settle.ts";
import { openTestBox, type TestBox } from "./test-box.ts";
import { except, FakeDestination, later, refused, unreachable } from "./test-destination.ts";

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
/** A lane that is down: two deliveries were tried in vain. */
async function outage(destination: FakeDestination, more: Parameters<TestBox["start"]>[0] = {}) {
  destination.down = true;
  const studies = [accept(), accept(), accept()];
  const forwarder = box.start(more);
  await box.until(() => box.named("destination.down").length === 1);
  await box.until(() => studies.every(({ deliveryId }) => box.delivery(deliveryId).state === "waiting"));
  return { studies, forwarder };
}

test("the second failure opens the breaker; all that is queued waits for the probe and keeps its error", async () => {
  const main = fake();
  const { studies, forwarder } = await outage(main);
  for (const { deliveryId, uploadId } of studies) {
    const row = box.delivery(deliveryId);
    expect(row).toMatchObject({
      nextAttemptAt: box.now().box + 1000,
      errorCode: "destination_unreachable",
      errorMessage: "No connection.",
    });
    expect(box.uploadRow(uploadId).state).toBe("forwarding");
  }
  expect(studies.map(({ deliveryId }) => box.delivery(deliveryId).attempts)).toEqual([1, 1, 0]);
  const late = accept();
  forwarder.wake();
  await inState(late.deliveryId, "waiting");
  expect(main.checks).toBe(0);
  expect(box.named("destination.down")[0]?.fields).toEqual({ destination_id: "main", code: "destination_unreachable" });
});

test("one failure alone does not open it", async () => {
  const main = fake();
  main.scripts.push(() => {
    throw unreachable();
  });
  const first = accept();
  const second = accept();
  box.start();
  await inState(second.deliveryId, "delivered");
  expect(box.delivery(first.deliveryId).state).toBe("retrying");
  expect(box.named("destination.down")).toHaveLength(0);
});

test("probes come one at a time and further apart; a good one lets the lane go on at once", async () => {
  const main = fake();
  const { studies, forwarder } = await outage(main);
  const probed = Promise.withResolvers<void>();
  main.onCheck = async () => {
    await probed.promise;
    throw new Error("still down");
  };
  pass(forwarder, 1000);
  await box.until(() => main.checks === 1);
  pass(forwarder, 10_000);
  const marker = accept();
  forwarder.wake();
  await inState(marker.deliveryId, "waiting");
  expect(main.checks).toBe(1);
  probed.resolve();
  await box.until(() => box.delivery(marker.deliveryId).nextAttemptAt === box.now().box + 2000);
  main.onCheck = undefined;
  main.down = false;
  pass(forwarder, 2000);
  await box.until(() => studies.every(({ deliveryId }) => box.delivery(deliveryId).state === "delivered"));
  await inState(marker.deliveryId, "delivered");
  expect(main.checks).toBe(2);
  expect(box.named("destination.up")).toHaveLength(1);
  expect(box.delivery(marker.deliveryId).errorCode).toBeNull();
});

test("a check with a failed step is no good probe", async () => {
  const main = fake();
  const { studies, forwarder } = await outage(main);
  pass(forwarder, 1000);
  await box.until(() => box.delivery(studies[0]?.deliveryId ?? "").nextAttemptAt === box.now().box + 2000);
  expect(box.named("destination.up")).toHaveLength(0);
});

test("a probe that never answers counts as failed", async () => {
  const main = fake();
  const { studies, forwarder } = await outage(main, { probeTimeoutMs: 1 });
  main.onCheck = () => new Promise(() => {});
  pass(forwarder, 1000);
  await box.until(() => box.delivery(studies[0]?.deliveryId ?? "").nextAttemptAt === box.now().box + 2000);
});

test("what waits is parked when its retry time ends", async () => {
  const main = fake();
  const short = accept({ retryHours: 1 });
  const { studies, forwarder } = await outage(main);
  pass(forwarder, 3_600_000);
  await inState(short.deliveryId, "parked");
  expect(box.delivery(short.deliveryId).errorCode).toBe("retry_time_exceeded");
  expect(box.delivery(short.deliveryId).errorMessage).toContain("No connection.");
  expect(box.uploadRow(short.uploadId).state).toBe("needs_attention");
  expect(box.named("delivery.parked")[0]?.fields.code).toBe("retry_time_exceeded");
  expect(box.delivery(studies[0]?.deliveryId ?? "").state).toBe("waiting");
});

test("the fallback takes over after a minute; the delivery keeps its destination and gains via", async () => {
  const main = fake("main", "spare");
  const spare = fake("spare");
  const { studies, forwarder } = await outage(main);
  main.onCheck = () => new Promise(() => {});
  pass(forwarder, 59_000);
  await box.until(() => main.checks === 1);
  expect(spare.stores).toHaveLength(0);
  pass(forwarder, 1000);
  await box.until(() => studies.every(({ deliveryId }) => box.delivery(deliveryId).state === "delivered"));
  const row = box.delivery(studies[0]?.deliveryId ?? "");
  expect(row).toMatchObject({ destinationId: "main", via: "spare" });
  expect(storedInstances(box.db.orm, row.id, "spare")[0]?.outcome.destinationId).toBe("spare");
  expect(main.held.size).toBe(0);
});

test("back up: the principal is used again, and via is for what the fallback took", async () => {
  const main = fake("main", "spare");
  const spare = fake("spare");
  const { studies, forwarder } = await outage(main);
  pass(forwarder, 60_000);
  await box.until(() => studies.every(({ deliveryId }) => box.delivery(deliveryId).state === "delivered"));
  main.down = false;
  pass(forwarder, 60_000);
  await box.until(() => box.named("destination.up").length === 1);
  const after = accept();
  forwarder.wake();
  await inState(after.deliveryId, "delivered");
  expect(box.delivery(after.deliveryId).via).toBeNull();
  expect([main.held.size, spare.held.size]).toEqual([1, 3]);
});

test("a study begun by the fallback goes whole to the principal once that is back: it is read in one place", async () => {
  const main = fake("main", "spare");
  const spare = fake("spare");
  main.down = true;
  const study = accept({ instances: 2 });
  const forwarder = box.start();
  await inState(study.deliveryId, "retrying");
  pass(forwarder, 1000);
  await inState(study.deliveryId, "waiting");
  spare.scripts.push(([first], report, _signal, it) => {
    if (first) report({ ...it.take(first), verified: true });
    it.down = true;
    main.down = false;
    throw unreachable("destination_timeout");
  });
  // Probes and pauses interleave freely here: let time pass in small steps until all is there.
  while (box.delivery(study.deliveryId).state !== "delivered") {
    pass(forwarder, 1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(box.delivery(study.deliveryId)).toMatchObject({ via: null, deliveredInstances: 2 });
  expect([main.held.size, spare.held.size]).toEqual([2, 1]);
  expect(storedInstances(box.db.orm, study.deliveryId, "main")).toHaveLength(2);
});

test("a study begun by the principal goes whole through the fallback", async () => {
  const main = fake("main", "spare");
  const spare = fake("spare");
  main.scripts.push(([first], report, _signal, it) => {
    if (first) report({ ...it.take(first), verified: true });
    it.down = true;
    throw unreachable("destination_timeout");
  });
  const study = accept({ instances: 3 });
  const forwarder = box.start();
  await inState(study.deliveryId, "retrying");
  while (box.delivery(study.deliveryId).state !== "delivered") {
    pass(forwarder, 1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(box.delivery(study.deliveryId)).toMatchObject({ via: "spare", deliveredInstances: 3 });
  expect([main.held.size, spare.held.size]).toEqual([1, 3]);
});

test("a fallback that is down itself is not used", async () => {
  const main = fake("main", "spare");
  const spare = fake("spare");
  const { studies, forwarder } = await outage(main);
  main.onCheck = () => new Promise(() => {});
  spare.down = true;
  pass(forwarder, 60_000);
  await box.until(() => box.named("destination.down").length === 2);
  await box.until(() => studies.every(({ deliveryId }) => box.delivery(deliveryId).state === "waiting"));
  const tried = spare.finds.length + spare.stores.length;
  const late = accept();
  forwarder.wake();
  await inState(late.deliveryId, "waiting");
  expect(spare.finds.length + spare.stores.length).toBe(tried);
});

test("a destination that another lane finds down holds its own lane too", async () => {
  const main = fake("main", "spare");
  const spare = fake("spare");
  const { forwarder } = await outage(main);
  spare.scripts.push(except({ 0: later }));
  const own = accept({ destinationIds: ["spare"] });
  forwarder.wake();
  await inState(own.deliveryId, "retrying");
  box.db.sqlite.run("UPDATE delivery SET next_attempt_at = next_attempt_at + 1800000 WHERE id = ?", [own.deliveryId]);
  spare.down = true;
  pass(forwarder, 60_000);
  await inState(own.deliveryId, "waiting");
});

test("the fallback's own refusals for now are paused, not hammered", async () => {
  const main = fake("main", "spare");
  const spare = fake("spare");
  const { studies, forwarder } = await outage(main);
  main.onCheck = () => new Promise(() => {});
  const id = studies[0]?.deliveryId ?? "";
  spare.scripts.push(([instance], report) => {
    report({ sopInstanceUID: instance?.sopInstanceUID ?? "", result: "retry", answer: "A700" });
  });
  pass(forwarder, 60_000);
  await box.until(() => studies.slice(1).every(({ deliveryId }) => box.delivery(deliveryId).state === "delivered"));
  expect(box.delivery(id)).toMatchObject({ state: "retrying", attempts: 2 });
  expect(box.delivery(id).nextAttemptAt).toBeGreaterThan(box.now().box);
});

test("what a fallback never takes does not park its principal's delivery; it goes when that is back", async () => {
  const main = fake("main", "spare");
  const spare = fake("spare");
  const denied = () => {
    throw new DestinationError("destination_auth_failed", "Sign-in refused.", false);
  };
  spare.scripts.push(denied, denied, denied, denied, denied, denied);
  spare.onCheck = async () => [{ name: "sign-in", ok: false, detail: "" }];
  const { studies, forwarder } = await outage(main);
  pass(forwarder, 60_000);
  await box.until(() => box.named("destination.down").length === 2);
  await box.until(() => studies.every(({ deliveryId }) => box.delivery(deliveryId).state === "waiting"));
  expect(spare.stores).toHaveLength(2);
  main.down = false;
  while (studies.some(({ deliveryId }) => box.delivery(deliveryId).state !== "delivered")) {
    pass(forwarder, 1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(main.held.size).toBe(3);
  expect(box.named("delivery.parked")).toEqual([]);
});

test("given up after its fallback failed too: what the principal took is partial, and on the receipt", async () => {
  const main = fake("main", "spare");
  const spare = fake("spare");
  main.scripts.push(([first], report, _signal, it) => {
    if (first) report({ ...it.take(first), verified: true });
    it.down = true;
    throw unreachable("destination_timeout");
  });
  spare.scripts.push(except({ 0: refused, 1: refused, 2: refused }));
  const study = accept({ instances: 3 });
  const forwarder = box.start();
  while (box.delivery(study.deliveryId).state !== "parked") {
    pass(forwarder, 1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(box.delivery(study.deliveryId)).toMatchObject({ via: "spare", deliveredInstances: 0 });
  box.db.transaction((tx) => discardDelivery(tx, study.deliveryId, box.now()));
  expect(box.delivery(study.deliveryId)).toMatchObject({ state: "partial", deliveredInstances: 1 });
  const { state, receiptId } = box.uploadRow(study.uploadId);
  expect(state).toBe("partial");
  const [delivery] = receiptOf(box.db, receiptId ?? "")?.studies[0]?.deliveries ?? [];
  expect(delivery?.instances.map(({ destination_id }) => destination_id)).toEqual(["main"]);
});
