import { afterAll, beforeAll, expect, test } from "bun:test";
import { type FakePacs, startFakePacs } from "../../src/fake-pacs/server.ts";
import { type Box, startBox } from "../support/box.ts";
import type { SendFile } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";

let box: Box;
let pacs: FakePacs;
beforeAll(async () => {
  pacs = await startFakePacs();
  box = await startBox(`[[destination]]\nid = "pacs"\nkind = "stow-rs"\nurl = "${pacs.dicomWebUrl}"`);
});
afterAll(async () => {
  await box.stop();
  await pacs.stop();
});

const study = (uid: string): SendFile[] =>
  [0, 1].map((index) => ({
    name: `${uid}-${index}.dcm`,
    bytes: madeBytes({ study: uid, series: `${uid}.1`, sop: `${uid}.1.${index}` }),
  }));

test("the receipt of another's upload may be read by whoever repeated it, not before", async () => {
  const [first, second] = [await box.client("radiographer"), await box.client("clinician")];
  const files = study("2.25.770001");
  const { pacs_receipt_id: receiptId } = await first.send(files);
  await expect(second.receipt(receiptId ?? "")).rejects.toThrow();
  const again = await second.send(files);
  expect(again).toMatchObject({ state: "delivered", pacs_receipt_id: receiptId });
  expect((await second.receipt(receiptId ?? "")).receipt_id).toBe(receiptId ?? "");
});

test("an old and a new study in one upload: the receipt names both", async () => {
  const client = await box.client("clinician");
  const [old, fresh] = [study("2.25.770002"), study("2.25.770003")];
  const first = await client.send(old);
  const both = await client.send([...old, ...fresh]);
  expect(both.pacs_receipt_id).not.toBe(first.pacs_receipt_id);
  const text = JSON.stringify(await client.receipt(both.pacs_receipt_id ?? ""));
  for (const { studyUID, answer } of [
    { studyUID: "2.25.770002", answer: `delivered before, receipt ${first.pacs_receipt_id}` },
    { studyUID: "2.25.770003", answer: both.upload_id },
  ]) {
    expect(text).toContain(studyUID);
    expect(text).toContain(answer);
  }
});

test("a repeat on its way shows no receipt", async () => {
  const client = await box.client("clinician");
  const files = study("2.25.770004");
  const first = await client.send(files);
  const { port } = new URL(pacs.url);
  await pacs.stop();
  const again = await client.upload(files);
  await client.complete(again);
  const status = await client.reach(again.upload_id, new Set(["forwarding"]));
  expect(status.pacs_receipt_id).toBeNull();
  expect(status.studies[0]?.deliveries[0]?.receipt_id).toBeNull();
  pacs = await startFakePacs({ port: Number(port) });
  expect((await client.reach(again.upload_id, new Set(["delivered"]))).pacs_receipt_id).not.toBe(first.pacs_receipt_id);
});
