import { afterEach, beforeEach, expect, test } from "bun:test";
import type { DeliveryState, UploadState } from "../contract/states.ts";
import type { RelayError } from "../core/errors.ts";
import { moveDelivery } from "../db/deliveries.ts";
import { openInstances, recordOutcomes } from "../db/receipts.ts";
import { replaceFindings, updateUpload } from "../db/uploads.ts";
import { applyCancel } from "./cancel.ts";
import { endAsLost } from "./lost.ts";
import { applyAccept, applyRetry, discardDelivery, redirectDelivery, retryDelivery, settleUpload } from "./settle.ts";
import { folderConfig, openTestBox, type TestBox } from "./test-box.ts";

let box: TestBox;
beforeEach(() => {
  box = openTestBox();
  box.config.destination = [folderConfig("main"), folderConfig("other")];
});
afterEach(() => box.close());

/** What the forwarder would have left: a delivery in a state with so many instances stored. */
function force(id: string, state: DeliveryState, stored = state === "delivered" ? 3 : 0, refused = 0): void {
  const rows = openInstances(box.db.orm, box.delivery(id), "main").slice(0, stored + refused);
  recordOutcomes(
    box.db.orm,
    rows.map(({ instance }, index) => ({
      deliveryId: id,
      instanceId: instance.id,
      result: index < stored ? ("stored" as const) : ("refused" as const),
      answer: "0000",
      destinationId: "main",
      at: box.now().wall,
    })),
  );
  const set = "UPDATE delivery SET state = ?, delivered_instances = ?, attempts = 1, error_code = ? WHERE id = ?";
  box.db.sqlite.run(set, [state, stored, state === "delivered" ? null : "instance_refused", id]);
}
const settle = (uploadId: string) => box.db.transaction((tx) => settleUpload(tx, uploadId, box.now()));
const parkedUpload = (stored: number) => {
  const study = box.accept();
  force(study.deliveryId, "parked", stored, 3 - stored);
  expect(settle(study.uploadId)).toBe("needs_attention");
  return study;
};
const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as RelayError).code;
  }
  return "no error";
};
const results = (id: string) =>
  box.db.sqlite
    .query<{ result: string }, [string]>(
      "SELECT result FROM delivery_instance WHERE delivery_id = ? ORDER BY instance_id",
    )
    .all(id)
    .map(({ result }) => result);

test("delivered sets the end and one receipt for the upload", () => {
  const { uploadId, deliveryIds } = box.accept({ destinationIds: ["main", "other"] });
  const [first = "", second = ""] = deliveryIds;
  force(first, "delivered");
  expect(settle(uploadId)).toBe("forwarding");
  const { receiptId, endedAt } = box.uploadRow(uploadId);
  expect(receiptId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  expect(endedAt).toBeNull();
  expect([box.delivery(first).receiptId, box.delivery(second).receiptId]).toEqual([receiptId, null]);
  box.advance(5);
  force(second, "delivered");
  expect(settle(uploadId)).toBe("delivered");
  expect(box.delivery(second).receiptId).toBe(receiptId);
  expect(box.uploadRow(uploadId)).toMatchObject({ receiptId, endedAt: box.now().wall });
});

test("a refused file makes it partial, a warning does not", () => {
  for (const [severity, expected] of [
    ["refused", "partial"],
    ["warning", "delivered"],
  ] as const) {
    const { uploadId, deliveryId } = box.accept();
    replaceFindings(box.db.orm, uploadId, [{ code: "left_out", severity, message: "" }]);
    force(deliveryId, "delivered");
    expect(settle(uploadId)).toBe(expected);
  }
});

test("a study that waits for a person keeps the upload at needs_confirmation while another one is sent", () => {
  const uploadId = box.upload();
  const waiting = box.accept({ uploadId, decision: "needs_confirmation" });
  const sent = box.accept({ uploadId });
  expect(waiting.deliveryIds).toEqual([]);
  force(sent.deliveryId, "delivered");
  expect(settle(uploadId)).toBe("needs_confirmation");
  box.db.sqlite.run("UPDATE study SET decision = 'rejected' WHERE id = ?", [waiting.studyId]);
  expect(settle(uploadId)).toBe("partial");
});

test("an upload without studies, or at its end, stays as it is", () => {
  expect(settle(box.upload("processing"))).toBe("processing");
  const { uploadId } = box.accept();
  updateUpload(box.db.orm, uploadId, { state: "cancelled" });
  expect(settle(uploadId)).toBe("cancelled");
});

test("what contract/states.ts does not know is an error, for uploads and deliveries", () => {
  const { uploadId, deliveryId } = box.accept();
  updateUpload(box.db.orm, uploadId, { state: "receiving" });
  expect(() => settle(uploadId)).toThrow("upload cannot go from receiving to forwarding");
  expect(() => box.db.transaction((tx) => moveDelivery(tx, deliveryId, "delivered", {}))).toThrow(
    "delivery cannot go from pending to delivered",
  );
});

test("accept: with something stored partial and a receipt, with nothing failed", () => {
  const some = parkedUpload(2);
  expect(box.db.transaction((tx) => applyAccept(tx, some.uploadId, box.now()))).toBe("partial");
  expect(box.delivery(some.deliveryId).state).toBe("partial");
  expect(box.uploadRow(some.uploadId).receiptId).toBe(box.delivery(some.deliveryId).receiptId);
  expect(box.uploadRow(some.uploadId).receiptId).not.toBeNull();
  const none = parkedUpload(0);
  expect(box.db.transaction((tx) => applyAccept(tx, none.uploadId, box.now()))).toBe("failed");
  expect(box.delivery(none.deliveryId).state).toBe("discarded");
  expect(box.uploadRow(none.uploadId)).toMatchObject({ errorCode: "instance_refused", receiptId: null });
});

test("accept where nothing is parked, or all is over", () => {
  const { uploadId, deliveryId } = box.accept();
  const accept = () => box.db.transaction((tx) => applyAccept(tx, uploadId, box.now()));
  expect(codeOf(accept)).toBe("not_parked");
  force(deliveryId, "delivered");
  settle(uploadId);
  expect(codeOf(accept)).toBe("upload_closed");
});

test("retry: parked ones and their refused instances again, with a fresh retry time", () => {
  const { uploadId, deliveryId } = parkedUpload(1);
  box.advance(1000);
  expect(box.db.transaction((tx) => applyRetry(tx, uploadId, box.now(), box.config))).toBe(1);
  expect(box.delivery(deliveryId)).toMatchObject({
    state: "pending",
    errorCode: null,
    deliveredInstances: 1,
    attempts: 1,
  });
  expect(box.delivery(deliveryId).retryUntil).toBe(box.now().box + 72 * 3_600_000);
  expect(results(deliveryId)).toEqual(["stored"]);
  expect(box.uploadRow(uploadId).state).toBe("forwarding");
});

test("retry leaves the dates of what is queued anyway, but not its refusals", () => {
  const { uploadId, deliveryId } = box.accept();
  force(deliveryId, "retrying", 1, 1);
  expect(box.db.transaction((tx) => applyRetry(tx, uploadId, box.now(), box.config))).toBe(0);
  expect(box.delivery(deliveryId).state).toBe("retrying");
  expect(results(deliveryId)).toEqual(["stored"]);
});

test("retry routes a study without a destination again with today's configuration", () => {
  const none = box.accept({ destinationIds: [] });
  force(none.deliveryId, "parked");
  settle(none.uploadId);
  const again = () => box.db.transaction((tx) => applyRetry(tx, none.uploadId, box.now(), box.config));
  const { destination } = box.config;
  box.config.destination = [];
  expect(again()).toBe(0);
  expect(box.uploadRow(none.uploadId).state).toBe("needs_attention");
  box.config.destination = destination;
  box.config.route = [{ name: "ct", when: { modality: "CT" }, to: ["main", "other"] }];
  expect(again()).toBe(1);
  expect(box.deliveries(none.uploadId).map((row) => [row.destinationId, row.state, row.errorCode])).toEqual([
    ["main", "pending", null],
    ["other", "pending", null],
  ]);
  expect(box.delivery(none.deliveryId).destinationId).toBe("main");
  expect(box.uploadRow(none.uploadId).state).toBe("forwarding");
});

test.each([
  ["receiving", 0, "cancelled"],
  ["processing", 0, "cancelled"],
  ["needs_confirmation", 0, "cancelled"],
  ["needs_confirmation", 1, "partial"],
  ["forwarding", 0, "cancelled"],
  ["forwarding", 1, "partial"],
  ["needs_attention", 1, "partial"],
] as [UploadState, number, UploadState][])("cancel in %s with %d stored: %s", (state, stored, expected) => {
  const uploadId = box.upload(state);
  if (state !== "receiving" && state !== "processing") {
    updateUpload(box.db.orm, uploadId, { state: "processing" });
    const { deliveryId } = box.accept({ uploadId });
    force(deliveryId, state === "needs_attention" ? "parked" : "retrying", stored);
    updateUpload(box.db.orm, uploadId, { state });
  }
  const cancel = () => box.db.transaction((tx) => applyCancel(tx, uploadId, box.now()));
  expect(cancel()).toBe(expected);
  expect(box.uploadRow(uploadId).endedAt).toBe(box.now().wall);
  expect(box.uploadRow(uploadId).receiptId === null).toBe(stored === 0);
  for (const row of box.deliveries(uploadId)) expect(row.state).toBe("cancelled");
  box.advance(1);
  expect(cancel()).toBe(expected);
  expect(box.uploadRow(uploadId).endedAt).toBe(box.now().wall - 1);
});

test("cancel leaves what is delivered; at another end it is refused", () => {
  const { uploadId, deliveryIds } = box.accept({ destinationIds: ["main", "other"] });
  const [first = "", second = ""] = deliveryIds;
  force(first, "delivered");
  settle(uploadId);
  expect(box.db.transaction((tx) => applyCancel(tx, uploadId, box.now()))).toBe("partial");
  expect([box.delivery(first).state, box.delivery(second).state]).toEqual(["delivered", "cancelled"]);
  const done = box.accept();
  force(done.deliveryId, "delivered");
  settle(done.uploadId);
  expect(codeOf(() => box.db.transaction((tx) => applyCancel(tx, done.uploadId, box.now())))).toBe("upload_closed");
  expect(codeOf(() => box.db.transaction((tx) => applyCancel(tx, "unknown", box.now())))).toBe("not_found");
});

test("an instance that was answered but never confirmed counts when cancelling", () => {
  const { uploadId, deliveryId } = box.accept();
  force(deliveryId, "retrying", 1);
  box.db.sqlite.run("UPDATE delivery_instance SET result = 'answered'");
  expect(box.db.transaction((tx) => applyCancel(tx, uploadId, box.now()))).toBe("partial");
});

test("the admin's retry, redirect and discard take parked deliveries alone", () => {
  const { deliveryId } = box.accept();
  const acts = [
    () => box.db.transaction((tx) => retryDelivery(tx, deliveryId, box.now(), box.config)),
    () => box.db.transaction((tx) => redirectDelivery(tx, deliveryId, "other", box.now(), box.config)),
    () => box.db.transaction((tx) => discardDelivery(tx, deliveryId, box.now())),
  ];
  expect(acts.map(codeOf)).toEqual(["not_parked", "not_parked", "not_parked"]);
  expect(codeOf(() => box.db.transaction((tx) => discardDelivery(tx, "unknown", box.now())))).toBe("not_found");
});

test("one parked delivery: retry, discard", () => {
  const again = parkedUpload(1);
  expect(box.db.transaction((tx) => retryDelivery(tx, again.deliveryId, box.now(), box.config))).toBe("forwarding");
  expect(box.delivery(again.deliveryId).state).toBe("pending");
  const given = parkedUpload(1);
  expect(box.db.transaction((tx) => discardDelivery(tx, given.deliveryId, box.now()))).toBe("partial");
  expect(box.delivery(given.deliveryId).state).toBe("partial");
  const nowhere = box.accept({ destinationIds: [] });
  force(nowhere.deliveryId, "parked");
  box.config.destination = [];
  const retry = () => box.db.transaction((tx) => retryDelivery(tx, nowhere.deliveryId, box.now(), box.config));
  expect(codeOf(retry)).toBe("no_destination");
});

test("redirect sends the whole study elsewhere", () => {
  const { deliveryId } = parkedUpload(2);
  const redirect = (id: string, to: string) =>
    box.db.transaction((tx) => redirectDelivery(tx, id, to, box.now(), box.config));
  expect(codeOf(() => redirect(deliveryId, "nowhere"))).toBe("invalid_request");
  expect(redirect(deliveryId, "other")).toBe("forwarding");
  const expected = { state: "pending", destinationId: "other", via: null, deliveredInstances: 0 };
  expect(box.delivery(deliveryId)).toMatchObject(expected);
  // What the first destination took stays on record, and does not count at the other.
  expect(openInstances(box.db.orm, box.delivery(deliveryId), "other")).toHaveLength(3);
  const both = box.accept({ destinationIds: ["main", "other"] });
  force(both.deliveryId, "parked");
  expect(codeOf(() => redirect(both.deliveryId, "other"))).toBe("invalid_request");
});

test("files lost while a person is asked: failed with files_lost, or partial where another study arrived", () => {
  const alone = box.accept({ decision: "needs_confirmation" });
  expect(box.db.transaction((tx) => endAsLost(tx, alone.uploadId, box.now()))).toBe("failed");
  expect(box.uploadRow(alone.uploadId)).toMatchObject({ errorCode: "files_lost", endedAt: box.now().wall });
  const uploadId = box.upload();
  box.accept({ uploadId, decision: "needs_confirmation" });
  const sent = box.accept({ uploadId });
  force(sent.deliveryId, "delivered");
  expect(box.db.transaction((tx) => endAsLost(tx, uploadId, box.now()))).toBe("partial");
  expect(box.uploadRow(uploadId).errorCode).toBe("files_lost");
});
