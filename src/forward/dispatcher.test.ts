import { afterEach, beforeEach, expect, test } from "bun:test";
import { storedInstances } from "../db/receipts.ts";
import { DestinationError } from "../destinations/destination.ts";
import { applyRetry } from "./settle.ts";
import { openTestBox, type TestBox } from "./test-box.ts";
import { FakeDestination, gate, type StoreScript, unreachable } from "./test-destination.ts";

let box: TestBox;
beforeEach(() => {
  box = openTestBox();
});
afterEach(() => box.close());
const fake = (id = "main") => box.add(new FakeDestination(id, () => box.changed()));
const verifiedBy = (deliveryId: string) =>
  storedInstances(box.db.orm, deliveryId).map(({ outcome }) => `${outcome.verifiedBy}: ${outcome.answer}`);
const inState = (id: string, state: string) => box.until(() => box.delivery(id).state === state);

/** Stores all but those whose number (from 0) has an outcome of its own. */
const except =
  (others: Record<number, Parameters<Parameters<StoreScript>[1]>[0] | null>): StoreScript =>
  (instances, report, _signal, it) => {
    for (const [index, instance] of instances.entries()) {
      const other = others[index];
      if (other === undefined) report(it.take(instance));
      else if (other) report({ ...other, sopInstanceUID: instance.sopInstanceUID });
    }
  };
const refused = { sopInstanceUID: "", result: "refused", answer: "A900" } as const;
const conflict = { ...refused, error: { code: "instance_conflict", message: "Other bytes are there." } } as const;
const later = {
  sopInstanceUID: "",
  result: "retry",
  answer: "A700",
  error: { code: "destination_busy", message: "Full." },
} as const;

test("a queued study is stored, asked back for, and delivered", async () => {
  const main = fake();
  const { uploadId, deliveryId } = box.accept({ instances: 3 });
  expect(box.uploadRow(uploadId).state).toBe("forwarding");
  box.start();
  await box.until(() => box.uploadRow(uploadId).state === "delivered");
  const row = box.delivery(deliveryId);
  expect(row).toMatchObject({ state: "delivered", deliveredInstances: 3, attempts: 1, via: null, errorCode: null });
  expect(row.receiptId).toBe(box.uploadRow(uploadId).receiptId);
  expect(verifiedBy(deliveryId)).toEqual(["query: 0000", "query: 0000", "query: 0000"]);
  expect([main.stores.length, main.finds.length]).toEqual([1, 1]);
  await box.until(() => box.events.length === 2);
  expect(box.events.map(({ name }) => name)).toEqual(["delivery_started", "delivery_finished"]);
  expect(JSON.stringify(box.events)).not.toContain("2.25.");
});

test("a peer that cannot be asked is taken by its word", async () => {
  fake().queryable = false;
  const { deliveryId } = box.accept({ instances: 1 });
  box.start();
  await inState(deliveryId, "delivered");
  expect(verifiedBy(deliveryId)).toEqual(["peer: 0000"]);
});

test("what the destination verified itself is not asked for again", async () => {
  const main = fake();
  main.scripts.push((instances, report, _signal, it) => {
    for (const instance of instances) report({ ...it.take(instance), verified: true });
  });
  const { deliveryId } = box.accept({ instances: 2 });
  box.start();
  await inState(deliveryId, "delivered");
  expect(main.finds).toHaveLength(0);
  expect(verifiedBy(deliveryId)).toEqual(["query: 0000", "query: 0000"]);
});

test("delivered_instances follows while the attempt runs", async () => {
  const main = fake();
  const held = gate();
  main.scripts.push(async (instances, report, signal, it) => {
    const [first, ...rest] = instances;
    if (first) report({ ...it.take(first), verified: true });
    await held.script(rest, report, signal, it);
  });
  const { deliveryId } = box.accept({ instances: 3 });
  box.start();
  await box.until(() => box.delivery(deliveryId).deliveredInstances === 1);
  expect(box.delivery(deliveryId).state).toBe("sending");
  expect(box.delivery(deliveryId).leaseUntil).toBeGreaterThan(box.now());
  held.open();
  await inState(deliveryId, "delivered");
});

test("answered as stored, but not shown: tried again, asked first, then sent again", async () => {
  const main = fake();
  main.scripts.push((instances, report) => {
    for (const { sopInstanceUID } of instances) report({ sopInstanceUID, result: "stored", answer: "200" });
  });
  const { deliveryId } = box.accept({ instances: 2 });
  const forwarder = box.start();
  await inState(deliveryId, "retrying");
  expect(box.delivery(deliveryId)).toMatchObject({ errorCode: "not_confirmed", deliveredInstances: 0 });
  expect(box.delivery(deliveryId).nextAttemptAt).toBe(box.now() + 1000);
  box.advance(1000);
  forwarder.wake();
  await inState(deliveryId, "delivered");
  expect([main.stores.length, main.finds.length]).toEqual([2, 3]);
});

test("shown late: nothing is sent again", async () => {
  const main = fake();
  const late: string[] = [];
  main.scripts.push((instances, report) => {
    for (const { sopInstanceUID, sha256 } of instances) {
      late.push(sopInstanceUID, sha256);
      report({ sopInstanceUID, result: "stored", answer: "200" });
    }
  });
  const { deliveryId } = box.accept({ instances: 1 });
  const forwarder = box.start();
  await inState(deliveryId, "retrying");
  main.held.set(late[0] ?? "", late[1] ?? "");
  box.advance(1000);
  forwarder.wake();
  await inState(deliveryId, "delivered");
  expect(main.stores).toHaveLength(1);
});

test("other bytes there after the store: parked as a conflict, with counts", async () => {
  const main = fake();
  main.onFind = () => main.held.set(main.finds[0]?.[0] ?? "", "other");
  const { deliveryId, uploadId } = box.accept({ instances: 3 });
  box.start();
  await inState(deliveryId, "parked");
  expect(box.delivery(deliveryId)).toMatchObject({ errorCode: "instance_conflict", deliveredInstances: 2 });
  expect(box.delivery(deliveryId).errorMessage).toStartWith("1 of 3 images was refused: ");
  expect(box.uploadRow(uploadId).state).toBe("needs_attention");
});

test("some refused: parked with the commonest reason; a retry sends those alone", async () => {
  const main = fake();
  main.scripts.push(except({ 0: refused, 2: conflict, 3: conflict }));
  const { deliveryId, uploadId } = box.accept({ instances: 5 });
  const forwarder = box.start();
  await inState(deliveryId, "parked");
  const message = "3 of 5 images were refused: Other bytes are there.";
  expect(box.delivery(deliveryId)).toMatchObject({ errorCode: "instance_conflict", errorMessage: message });
  const moved = box.db.transaction((tx) => applyRetry(tx, uploadId, box.now(), box.config));
  expect(moved).toBe(1);
  expect(box.uploadRow(uploadId).state).toBe("forwarding");
  forwarder.wake();
  await inState(deliveryId, "delivered");
  expect(main.stores.map((uids) => uids.length)).toEqual([5, 3]);
});

test("all refused for their transfer syntax", async () => {
  const error = { code: "transfer_syntax_refused", message: "No presentation context." } as const;
  const answer = { ...refused, error };
  fake().scripts.push(except({ 0: answer, 1: answer }));
  const { deliveryId } = box.accept({ instances: 2 });
  box.start();
  await inState(deliveryId, "parked");
  expect(box.delivery(deliveryId).errorCode).toBe("transfer_syntax_refused");
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
    await box.until(() => box.named("delivery_retry").length === attempts);
    box.advance(10_000);
    forwarder.wake();
  }
  await inState(deliveryId, "delivered");
  expect(main.stores.map((uids) => uids.length)).toEqual([4, 3, 3, 2]);
  // The first attempt stored one, the second nothing, the third one.
  expect(box.named("delivery_retry").map(({ fields }) => fields.retry_in_ms)).toEqual([1000, 2000, 1000]);
  expect(box.named("delivery_retry")[0]?.fields).toMatchObject({
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

test("a date far ahead comes from a clock that was set back: it counts as due", async () => {
  const main = fake();
  main.scripts.push(except({ 0: later }));
  const { deliveryId } = box.accept({ instances: 1 });
  const forwarder = box.start();
  await inState(deliveryId, "retrying");
  box.advance(-86_400_000);
  forwarder.wake();
  await inState(deliveryId, "delivered");
});

test("nothing said of an instance is not stored; strangers and repeats are ignored", async () => {
  const main = fake();
  main.scripts.push((instances, report, _signal, it) => {
    const [first] = instances;
    if (first) {
      report({ ...it.take(first), verified: true });
      report({ ...refused, sopInstanceUID: first.sopInstanceUID });
    }
    report({ sopInstanceUID: "1.2.3", result: "stored", answer: "", verified: true });
  });
  const { deliveryId } = box.accept({ instances: 2 });
  box.start();
  await inState(deliveryId, "retrying");
  expect(box.delivery(deliveryId)).toMatchObject({ deliveredInstances: 1, errorCode: "destination_bad_answer" });
});

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
  expect(box.named("delivery_parked")[0]?.fields.code).toBe("destination_auth_failed");
});

test("the peer's Retry-After is kept", async () => {
  fake().scripts.push(() => {
    throw unreachable("destination_busy", 120);
  });
  const { deliveryId } = box.accept();
  box.start();
  await inState(deliveryId, "retrying");
  expect(box.delivery(deliveryId).nextAttemptAt).toBe(box.now() + 120_000);
});

test("the last try is made when the retry time ends; then parked with the last cause", async () => {
  const main = fake();
  main.scripts.push(except({ 0: later }), except({ 0: later }));
  const { deliveryId } = box.accept({ instances: 1, retryHours: 0.5 / 3600 });
  const forwarder = box.start();
  await inState(deliveryId, "retrying");
  expect(box.delivery(deliveryId).nextAttemptAt).toBe(box.now() + 500);
  box.advance(500);
  forwarder.wake();
  await inState(deliveryId, "parked");
  expect(box.delivery(deliveryId)).toMatchObject({
    errorCode: "retry_time_exceeded",
    attempts: 2,
    nextAttemptAt: null,
  });
  expect(box.delivery(deliveryId).errorMessage).toEndWith("Last cause: Full.");
});

test("an error of the box itself is retried without its words, a lost file is parked", async () => {
  const main = fake();
  main.scripts.push(
    () => {
      throw new TypeError("DOE^JANE");
    },
    () => {
      throw Object.assign(new Error("DOE^JANE"), { code: "ENOENT" });
    },
  );
  const { deliveryId } = box.accept();
  const forwarder = box.start();
  await inState(deliveryId, "retrying");
  expect(box.delivery(deliveryId).errorCode).toBe("internal_error");
  box.advance(1000);
  forwarder.wake();
  await inState(deliveryId, "parked");
  expect(box.delivery(deliveryId).errorCode).toBe("files_lost");
  expect(JSON.stringify([box.delivery(deliveryId), box.events])).not.toContain("DOE");
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

test("without a destination a study is parked and nothing moves", () => {
  const { deliveryId, uploadId } = box.accept({ destinationIds: [] });
  expect(box.delivery(deliveryId)).toMatchObject({
    destinationId: "none",
    state: "parked",
    errorCode: "no_destination",
  });
  expect(box.uploadRow(uploadId).state).toBe("needs_attention");
});
