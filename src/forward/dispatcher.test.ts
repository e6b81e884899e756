import { afterEach, beforeEach, expect, test } from "bun:test";
import { openTestBox, type TestBox } from "./test-box.ts";
import { FakeDestination } from "./test-destination.ts";

let box: TestBox;
beforeEach(() => {
  box = openTestBox();
});
afterEach(() => box.close());
const fake = (id = "main") => box.add(new FakeDestination(id, () => box.changed()));

test("a queued study is stored, asked back for, and delivered", async () => {
  const main = fake();
  const { uploadId, deliveryId } = box.accept({ instances: 3 });
  expect(box.uploadRow(uploadId).state).toBe("forwarding");
  box.start();
  await box.until(() => box.uploadRow(uploadId).state === "delivered");
  const row = box.delivery(deliveryId);
  expect(row).toMatchObject({ state: "delivered", deliveredInstances: 3, attempts: 1, via: null, errorCode: null });
  expect(row.receiptId).toBe(box.uploadRow(uploadId).receiptId);
  expect(row.receiptId).toMatch(/^[0-9a-f-]{36}$/);
  expect(main.stores).toHaveLength(1);
  expect(main.finds).toHaveLength(1);
  expect(box.events.map(({ name }) => name)).toEqual(["delivery_started", "delivery_finished"]);
});
