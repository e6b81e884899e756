import { afterEach, beforeEach, expect, test } from "bun:test";
import { storedInstances } from "../db/receipts.ts";
import { DestinationError } from "../destinations/destination.ts";
import { applyCancel } from "./cancel.ts";
import type { Forwarder } from "./dispatcher.ts";
import { openTestBox, type TestBox } from "./test-box.ts";
import { except, FakeDestination, gate, later, type StoreScript, unreachable } from "./test-destination.ts";

let box: TestBox;
beforeEach(() => {
  box = openTestBox();
});
afterEach(() => box.close());
const fake = () => box.add(new FakeDestination("main", () => box.changed()));
const cancel = (forwarder: Forwarder, uploadId: string) =>
  forwarder.end(uploadId, (tx, mayBeThere) => applyCancel(tx, uploadId, box.now(), mayBeThere));
const verifiedBy = (deliveryId: string) =>
  storedInstances(box.db.orm, deliveryId).map(({ outcome }) => outcome.verifiedBy);

/** Takes everything, and its answer is on its way for ever; heeds the signal. */
const unanswered: StoreScript = (instances, _report, signal, it) => {
  for (const instance of instances) it.take(instance);
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
};

test.each([
  ["compares", true, "query"],
  ["cannot compare", false, "peer"],
] as const)("the PACS took all, its answer is pending, it %s: partial, with a receipt", async (_, compares, proof) => {
  const main = fake();
  main.compares = compares;
  main.scripts.push(unanswered);
  const { uploadId, deliveryId } = box.accept({ instances: 5 });
  const forwarder = box.start();
  await box.until(() => main.held.size === 5);
  expect(await cancel(forwarder, uploadId)).toBe("partial");
  expect(box.delivery(deliveryId)).toMatchObject({ state: "cancelled", deliveredInstances: 5 });
  expect(box.uploadRow(uploadId).receiptId).not.toBeNull();
  expect(verifiedBy(deliveryId)).toEqual(Array(5).fill(proof));
  expect(await cancel(forwarder, uploadId)).toBe("partial");
});

test("an answer that was lost earlier counts too, also when the PACS is silent now", async () => {
  const main = fake();
  main.scripts.push((instances, _report, _signal, it) => {
    for (const instance of instances) it.take(instance);
    it.down = true;
    throw unreachable("destination_timeout");
  });
  const { uploadId, deliveryId } = box.accept();
  const forwarder = box.start();
  await box.until(() => box.delivery(deliveryId).state === "retrying");
  expect(await cancel(forwarder, uploadId)).toBe("partial");
});

test("what a peer that cannot be asked was sent without an answer may be there", async () => {
  const main = fake();
  main.queryable = false;
  main.scripts.push(unanswered);
  const { uploadId } = box.accept();
  const forwarder = box.start();
  await box.until(() => main.held.size === 3);
  expect(await cancel(forwarder, uploadId)).toBe("partial");
});

test("other images under the same UIDs, there before and not to be compared, are not called ours", async () => {
  const main = fake();
  main.compares = false;
  main.scripts.push(except({ 0: later }));
  const { uploadId, deliveryId, studyInstanceUID } = box.accept({ instances: 1 });
  main.held.set(`${studyInstanceUID}.1`, "other");
  const forwarder = box.start();
  await box.until(() => box.delivery(deliveryId).state === "retrying");
  expect(await cancel(forwarder, uploadId)).toBe("partial");
  expect(verifiedBy(deliveryId)).toEqual([]);
});

test.each([
  ["refuses the connection", unreachable(), "retrying"],
  ["refuses the sign-in", new DestinationError("destination_auth_failed", "No.", false), "parked"],
] as const)("a PACS that %s has nothing: cancelled", async (_, fault, state) => {
  const main = fake();
  main.down = true;
  main.scripts.push(() => {
    throw fault;
  });
  const { uploadId, deliveryId } = box.accept();
  const forwarder = box.start();
  await box.until(() => box.delivery(deliveryId).state === state);
  expect(await cancel(forwarder, uploadId)).toBe("cancelled");
});

test("a PACS that was asked and shows nothing has nothing: cancelled, and nothing of it is begun again meanwhile", async () => {
  const main = fake();
  main.scripts.push(gate().script);
  const { uploadId, deliveryId } = box.accept();
  const forwarder = box.start();
  await box.until(() => main.stores.length === 1);
  main.onFind = () => {
    expect(box.delivery(deliveryId).state).toBe("pending");
    forwarder.wake();
  };
  expect(await cancel(forwarder, uploadId)).toBe("cancelled");
  main.onFind = undefined;
  const next = box.accept();
  forwarder.wake();
  await box.until(() => box.delivery(next.deliveryId).state === "delivered");
  expect(main.stores).toHaveLength(2);
});

test("neither an attempt nor a PACS that never answers keeps a cancel waiting", async () => {
  const main = fake();
  main.scripts.push(() => new Promise(() => {}));
  const { uploadId, deliveryId } = box.accept();
  const forwarder = box.start({ stopGraceMs: 1, cancelAskMs: 1 });
  await box.until(() => main.stores.length === 1);
  main.find = () => new Promise(() => {});
  expect(await cancel(forwarder, uploadId)).toBe("partial");
  expect(box.delivery(deliveryId).state).toBe("cancelled");
});

test("a stop does not wait for the PACS of a cancel, and leaves the upload as it was", async () => {
  const main = fake();
  main.scripts.push(gate().script);
  const { uploadId } = box.accept();
  const forwarder = box.start();
  await box.until(() => main.stores.length === 1);
  const asked = Promise.withResolvers<void>();
  main.find = () => {
    asked.resolve();
    return new Promise(() => {});
  };
  const cancelled = cancel(forwarder, uploadId).catch((error: Error) => error.name);
  await asked.promise;
  await forwarder.stop();
  expect(await cancelled).toBe("Interrupted");
  expect(box.uploadRow(uploadId).state).toBe("forwarding");
});
