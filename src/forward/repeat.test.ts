import { afterEach, beforeEach, expect, test } from "bun:test";
import { uploadsWithReceipt } from "../db/receipts.ts";
import { receiptOf } from "./receipt.ts";
import { applyAccept, redirectDelivery } from "./settle.ts";
import { openTestBox, type TestBox } from "./test-box.ts";
import { except, FakeDestination, refused } from "./test-destination.ts";

let box: TestBox;
beforeEach(() => {
  box = openTestBox();
});
afterEach(() => box.close());
const fake = (id = "main") => box.add(new FakeDestination(id, () => box.changed()));
const receiptIdOf = (uploadId: string) => box.uploadRow(uploadId).receiptId;
const delivered = (uploadId: string) => box.until(() => box.uploadRow(uploadId).state === "delivered");
/** A study that was delivered under a receipt, and the forwarder that did it. */
async function first() {
  const main = fake();
  const study = box.accept();
  const forwarder = box.start();
  await delivered(study.uploadId);
  box.advance(1000);
  return { main, forwarder, repeats: study.studyInstanceUID, uploadId: study.uploadId };
}

test("a repeat of which nothing goes again ends with the earlier receipt, and shows none before", async () => {
  const { main, forwarder, repeats, uploadId } = await first();
  const again = box.accept({ repeats });
  expect(receiptIdOf(again.uploadId)).toBeNull();
  forwarder.wake();
  await delivered(again.uploadId);
  const receiptId = receiptIdOf(uploadId) ?? "";
  expect(receiptIdOf(again.uploadId)).toBe(receiptId);
  expect(main.stores).toHaveLength(1);
  expect(receiptOf(box.db, receiptId)?.upload_id).toBe(uploadId);
  expect(uploadsWithReceipt(box.db.orm, receiptId).toSorted()).toEqual([uploadId, again.uploadId].toSorted());
});

test("a repeat that is parked shows no receipt, nor when it is given up with nothing stored", async () => {
  const { main, forwarder, repeats } = await first();
  main.held.clear();
  main.scripts.push(except({ 0: refused, 1: refused, 2: refused }));
  const again = box.accept({ repeats });
  forwarder.wake();
  await box.until(() => box.uploadRow(again.uploadId).state === "needs_attention");
  expect(receiptIdOf(again.uploadId)).toBeNull();
  box.db.transaction((tx) => applyAccept(tx, again.uploadId, box.now()));
  expect([receiptIdOf(again.uploadId), box.delivery(again.deliveryId).receiptId]).toEqual([null, null]);
});

test("an old and a new study in one upload have a receipt of their own that names both", async () => {
  const { forwarder, repeats, uploadId } = await first();
  const both = box.upload();
  const old = box.accept({ uploadId: both, repeats });
  box.db.sqlite.run("UPDATE upload SET state = 'processing' WHERE id = ?", [both]);
  const fresh = box.accept({ uploadId: both, instances: 1 });
  forwarder.wake();
  await delivered(both);
  const [earlier, own] = [receiptIdOf(uploadId), receiptIdOf(both)];
  expect(own).not.toBe(earlier);
  expect([box.delivery(old.deliveryId).receiptId, box.delivery(fresh.deliveryId).receiptId]).toEqual([earlier, own]);
  const receipt = receiptOf(box.db, own ?? "");
  expect(receipt?.upload_id).toBe(both);
  const rows = receipt?.studies.map(({ study_instance_uid, deliveries: [only] }) => [
    study_instance_uid,
    only?.instances.length,
    only?.earlier_receipt_id,
  ]);
  expect(rows).toEqual([
    [repeats, 3, earlier],
    [fresh.studyInstanceUID, 1, null],
  ]);
  const answers = receipt?.studies[0]?.deliveries[0]?.instances.map(({ answer }) => answer);
  expect(new Set(answers)).toEqual(new Set([`delivered before, receipt ${earlier}`]));
});

test("of a repeat beside a study that is given up, the receipt is its own", async () => {
  const { main, forwarder, repeats, uploadId } = await first();
  const both = box.upload();
  box.accept({ uploadId: both, repeats });
  box.db.sqlite.run("UPDATE upload SET state = 'processing' WHERE id = ?", [both]);
  main.scripts.push(except({ 0: refused }));
  box.accept({ uploadId: both, instances: 1 });
  forwarder.wake();
  await box.until(() => box.uploadRow(both).state === "needs_attention");
  expect(receiptIdOf(both)).toBeNull();
  box.advance(1000);
  box.db.transaction((tx) => applyAccept(tx, both, box.now()));
  const own = receiptIdOf(both);
  expect(own).not.toBeNull();
  expect(own).not.toBe(receiptIdOf(uploadId));
  expect(receiptOf(box.db, own ?? "")?.created_at).toBe(new Date(box.now().wall).toISOString());
});

test("sent elsewhere by an admin, a repeat is no longer proven by the earlier receipt", async () => {
  const { main, forwarder, repeats, uploadId } = await first();
  fake("other");
  main.down = true;
  const again = box.accept({ repeats, retryHours: 0 });
  forwarder.wake();
  await box.until(() => box.delivery(again.deliveryId).state === "parked");
  box.db.transaction((tx) => redirectDelivery(tx, again.deliveryId, "other", box.now(), box.config));
  forwarder.wake();
  await delivered(again.uploadId);
  expect(receiptIdOf(again.uploadId)).not.toBe(receiptIdOf(uploadId));
});

test("redirected away and back, what was refused goes again", async () => {
  const main = fake();
  const other = fake("other");
  const study = box.accept({ instances: 2 });
  main.scripts.push(except({ 0: refused }));
  other.scripts.push(except({ 0: refused, 1: refused }));
  const forwarder = box.start();
  const parked = () => box.until(() => box.delivery(study.deliveryId).state === "parked");
  const redirect = (to: string) => {
    box.db.transaction((tx) => redirectDelivery(tx, study.deliveryId, to, box.now(), box.config));
    forwarder.wake();
  };
  await parked();
  redirect("other");
  await box.until(() => other.stores.length === 1);
  await parked();
  redirect("main");
  await delivered(study.uploadId);
  expect(main.stores.map((uids) => uids.length)).toEqual([2, 1]);
});
