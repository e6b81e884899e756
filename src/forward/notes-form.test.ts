import { afterEach, beforeEach, expect, test } from "bun:test";
import { insertInstances, instancesOf } from "../db/studies.ts";
import { applyRetry } from "./settle.ts";
import { openTestBox, type TestBox } from "./test-box.ts";
import { except, FakeDestination, refused, unreachable } from "./test-destination.ts";

let box: TestBox;
beforeEach(() => {
  box = openTestBox();
});
afterEach(() => box.close());

test("notes that went in a form that is not wanted any more stand for no image", async () => {
  box.config.intake.notes_as = "sr";
  const main = box.add(new FakeDestination("main", () => box.changed()));
  const study = box.accept({ instances: 2 });
  box.db.transaction((tx) => {
    const [first] = instancesOf(tx, [study.studyId]);
    if (!first) throw new Error("no instance");
    const { id: _, ...like } = first;
    insertInstances(tx, [{ ...like, sopInstanceUID: "2.25.777", objectKey: null, notesAs: "sr" }]);
  });
  box.db.sqlite.run("UPDATE delivery SET total_instances = 3");
  main.scripts.push(except({ 0: refused }), () => Promise.reject(unreachable()));
  const forwarder = box.start();
  await box.until(() => box.delivery(study.deliveryId).state === "parked");
  box.config.intake.notes_as = "none";
  box.db.transaction((tx) => applyRetry(tx, study.uploadId, box.now(), box.config));
  forwarder.wake();
  await box.until(() => main.stores.length === 2 && box.delivery(study.deliveryId).state !== "sending");
  expect(box.delivery(study.deliveryId)).toMatchObject({
    state: "retrying",
    deliveredInstances: 1,
    totalInstances: 2,
    errorCode: "destination_unreachable",
  });
});
