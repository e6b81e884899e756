import { afterEach, beforeEach, expect, test } from "bun:test";
import { changeDelivery } from "../db/deliveries.ts";
import { insertInstances, instancesOf } from "../db/studies.ts";
import { openTestBox, type TestBox } from "./test-box.ts";
import { FakeDestination, gate } from "./test-destination.ts";

let box: TestBox;
beforeEach(() => {
  box = openTestBox();
});
afterEach(() => box.close());

test("what joins a delivery that is under way goes right after it, without a pause and without an error", async () => {
  const main = box.add(new FakeDestination("main", () => box.changed()));
  const { script, open } = gate();
  main.scripts.push(script);
  const study = box.accept({ instances: 2 });
  box.start();
  await box.until(() => main.stores.length === 1);
  box.db.transaction((tx) => {
    const [first] = instancesOf(tx, [study.studyId]);
    if (!first) throw new Error("no instance");
    const { id: _, ...like } = first;
    insertInstances(tx, [{ ...like, sopInstanceUID: "2.25.777", objectKey: null, made: true }]);
    changeDelivery(tx, study.deliveryId, { totalInstances: 3 });
  });
  open();
  await box.until(() => box.uploadRow(study.uploadId).state === "delivered");
  expect(main.stores.map((uids) => uids.length)).toEqual([2, 1]);
  expect(box.delivery(study.deliveryId)).toMatchObject({ state: "delivered", deliveredInstances: 3, errorCode: null });
  expect(box.named("delivery.retrying")).toEqual([]);
});
