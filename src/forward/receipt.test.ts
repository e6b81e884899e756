import { afterEach, beforeEach, expect, test } from "bun:test";
import { blankStudies } from "../db/studies.ts";
import { blankUpload } from "../db/uploads.ts";
import { receiptOf } from "./receipt.ts";
import { openTestBox, type TestBox } from "./test-box.ts";
import { FakeDestination } from "./test-destination.ts";

let box: TestBox;
beforeEach(() => {
  box = openTestBox();
});
afterEach(() => box.close());

test("names every confirmed instance with destination, bytes, answer, proof and time", async () => {
  box.add(new FakeDestination("main", () => box.changed()));
  const mute = box.add(new FakeDestination("mute", () => box.changed()));
  mute.queryable = false;
  const started = new Date(box.now().wall).toISOString();
  const study = box.accept({ instances: 2, destinationIds: ["main", "mute"] });
  box.start();
  await box.until(() => box.uploadRow(study.uploadId).state === "delivered");
  blankUpload(box.db.orm, study.uploadId, box.now().wall);
  blankStudies(box.db.orm, study.uploadId);
  const instances = (destination: string, verified_by: string) =>
    [1, 2].map((number) => ({
      sop_instance_uid: `${study.studyInstanceUID}.${number}`,
      destination_id: destination,
      sha256: `sha-1-${number}`,
      answer: "0000",
      verified_by,
      time: started,
    }));
  const receiptId = box.uploadRow(study.uploadId).receiptId ?? "";
  const common = { via: null, state: "delivered", earlier_receipt_id: null };
  const [first = "", second = ""] = study.deliveryIds;
  expect(receiptOf(box.db, receiptId) as unknown).toEqual({
    receipt_id: receiptId,
    upload_id: study.uploadId,
    created_at: started,
    studies: [
      {
        study_instance_uid: study.studyInstanceUID,
        deliveries: [
          { delivery_id: first, destination_id: "main", ...common, instances: instances("main", "query") },
          { delivery_id: second, destination_id: "mute", ...common, instances: instances("mute", "peer") },
        ],
      },
    ],
  });
});

test("what is not confirmed is not on it, and its time does not move", async () => {
  box.add(new FakeDestination("main", () => box.changed()));
  const slow = box.add(new FakeDestination("slow", () => box.changed()));
  slow.scripts.push(([instance], report) => {
    report({ sopInstanceUID: instance?.sopInstanceUID ?? "", result: "refused", answer: "A900" });
  });
  const { uploadId } = box.accept({ instances: 2, destinationIds: ["main", "slow"] });
  const forwarder = box.start();
  await box.until(() => box.deliveries(uploadId).every(({ state }) => state === "delivered" || state === "retrying"));
  const receiptId = box.uploadRow(uploadId).receiptId ?? "";
  const before = receiptOf(box.db, receiptId);
  const slowPart = () =>
    receiptOf(box.db, receiptId)?.studies[0]?.deliveries.find(({ destination_id }) => destination_id === "slow");
  expect(slowPart()).toMatchObject({ state: "retrying", instances: [] });
  box.advance(1000);
  forwarder.wake();
  await box.until(() => box.uploadRow(uploadId).state === "needs_attention");
  expect(slowPart()?.instances).toHaveLength(1);
  expect(receiptOf(box.db, receiptId)?.created_at).toBe(before?.created_at ?? "");
});

test("an unknown id has none", () => {
  expect(receiptOf(box.db, "00000000-0000-4000-8000-000000000000")).toBeNull();
});
