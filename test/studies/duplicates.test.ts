import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { type FakePacs, startFakePacs } from "../../src/fake-pacs/server.ts";
import { type Box, startBox } from "../support/box.ts";
import type { Client, SendFile } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { tarOf } from "../support/tar.ts";

let box: Box;
let pacs: FakePacs;
let sender: Client;
beforeAll(async () => {
  pacs = await startFakePacs();
  box = await startBox(`[[destination]]\nid = "pacs"\nkind = "stow-rs"\nurl = "${pacs.dicomWebUrl}"`);
  sender = await box.client();
});
afterAll(async () => {
  await box.stop();
  await pacs.stop();
});

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
let serial = 0;
function study(instances: number): SendFile[] {
  serial += 1;
  const uid = `2.25.6600${serial}`;
  return Array.from({ length: instances }, (_, index) => ({
    name: `${uid}-${index}.dcm`,
    bytes: madeBytes({ study: uid, series: `${uid}.1`, sop: `${uid}.1.${index}` }),
  }));
}
const declared = (files: readonly SendFile[]) => ({
  files: files.map(({ name, bytes }, index) => ({
    file_id: `f${index}`,
    name,
    size_bytes: bytes.length,
    sha256: sha256(bytes),
  })),
});
const storedBytes = () => pacs.stores.reduce((sum, { bytes }) => sum + bytes, 0);
const openOnly = async (files: readonly SendFile[], more: Record<string, unknown> = {}) =>
  sender.init({
    total_files: files.length,
    total_size_bytes: files.reduce((sum, { bytes }) => sum + bytes.length, 0),
    ...declared(files),
    ...more,
  });

describe("the same study again", () => {
  test("500 instances: no pixel byte moves, to the box or to the archive, and the receipt is the earlier one", async () => {
    const files = study(500);
    const first = await sender.send(files, declared(files));
    expect(first).toMatchObject({ state: "delivered", studies: [{ instance_count: 500 }] });
    const before = storedBytes();
    const opened = await openOnly(files);
    expect(opened.files.every(({ state }) => state === "already_delivered")).toBe(true);
    expect(await sender.status(opened.upload_id)).toMatchObject({ state: "receiving", progress_percent: 100 });
    expect((await sender.complete(opened)).status).toBe(200);
    const again = await sender.reach(opened.upload_id, new Set(["delivered", "failed", "partial", "needs_attention"]));
    expect(again).toMatchObject({ state: "delivered", pacs_receipt_id: first.pacs_receipt_id });
    expect(again.studies).toMatchObject([
      { instance_count: 500, state: "delivered", deliveries: [{ delivered_instances: 500, total_instances: 500 }] },
    ]);
    expect(storedBytes()).toBe(before);
    expect((await sender.receipt(again.pacs_receipt_id ?? "")).receipt_id).toBe(first.pacs_receipt_id);
  }, 60_000);

  test("with resend it goes again", async () => {
    const files = study(3);
    await sender.send(files, declared(files));
    const opened = await openOnly(files, { resend: { reason: "the archive lost it" } });
    expect(opened.files.every(({ state }) => state === "needed")).toBe(true);
    pacs.held.clear();
    const before = pacs.stores.length;
    await sender.send(files, { ...declared(files), resend: { reason: "the archive lost it" } });
    expect(pacs.stores.length).toBeGreaterThan(before);
    const told = box.events("upload.resend");
    expect(told.map(({ upload_id }) => upload_id)).toContain(opened.upload_id);
    expect(JSON.stringify(told)).not.toContain("the archive lost it");
    expect(pacs.held.size).toBe(3);
  });

  test("in an archive: the bytes come, but the PACS gets none again", async () => {
    const files = study(4);
    const first = await sender.send(files);
    const before = storedBytes();
    const again = await sender.send([{ name: "disc.tar", bytes: tarOf(files) }]);
    expect(again).toMatchObject({ state: "delivered", pacs_receipt_id: first.pacs_receipt_id });
    expect(storedBytes()).toBe(before);
  });

  test("partly there: only the missing instances are asked for and sent", async () => {
    const files = study(6);
    await sender.send(files.slice(0, 4), declared(files.slice(0, 4)));
    const opened = await openOnly(files);
    expect(opened.files.map(({ state }) => state)).toEqual([
      ...Array(4).fill("already_delivered"),
      ...Array(2).fill("needed"),
    ]);
    for (const index of [4, 5]) await sender.chunk(opened, `f${index}`, 0, files[index]?.bytes ?? new Uint8Array());
    const stores = pacs.stores.length;
    await sender.complete(opened);
    const end = await sender.reach(opened.upload_id, new Set(["delivered"]));
    expect(pacs.stores.slice(stores).flatMap(({ uids }) => uids)).toHaveLength(2);
    expect(end.warnings.find(({ code }) => code === "delivered_before")?.message).toStartWith("4 of 6 files");
  });

  test("another destination did not confirm it, so it is needed there; what is remembered is no patient data", async () => {
    const files = study(2);
    await sender.send(files, declared(files));
    const other = await startFakePacs();
    try {
      await box.terminate();
      await box.start(
        `[[destination]]\nid = "pacs"\nkind = "stow-rs"\nurl = "${pacs.dicomWebUrl}"\n` +
          `[[destination]]\nid = "other"\nkind = "stow-rs"\nurl = "${other.dicomWebUrl}"`,
      );
      const opened = await openOnly(files, { study_metadata: { destination_ids: ["pacs", "other"] } });
      expect(opened.files.every(({ state }) => state === "needed")).toBe(true);
      const before = storedBytes();
      const status = await sender.send(files, {
        ...declared(files),
        study_metadata: { destination_ids: ["pacs", "other"] },
      });
      expect(status.state).toBe("delivered");
      expect([other.held.size, storedBytes()]).toEqual([2, before]);
    } finally {
      await other.stop();
    }
  });
});

test("a file that is not what was declared is refused, the others go on", async () => {
  const [good, bad] = study(2) as [SendFile, SendFile];
  const { files } = declared([good, bad]);
  const status = await sender.send([good, bad], {
    files: [files[0], { ...files[1], sha256: sha256(Buffer.from("other")) }],
  });
  expect(status.state).toBe("partial");
  expect(status.warnings).toContainEqual(expect.objectContaining({ code: "file_differs", file_name: bad.name }));
});

test("a study that comes in two uploads with the same notes: they are sent once, other notes again", async () => {
  const files = study(4);
  const notes = { study_metadata: { clinical_notes: "Fell from a ladder" } };
  const first = await sender.send(files.slice(0, 2), notes);
  expect(first.studies[0]?.deliveries[0]).toMatchObject({ state: "delivered", total_instances: 3 });
  const held = pacs.held.size;
  const second = await sender.send(files.slice(2), notes);
  expect(second).toMatchObject({ state: "delivered", studies: [{ deliveries: [{ delivered_instances: 3 }] }] });
  expect(pacs.held.size).toBe(held + 2);
  await sender.send(files.slice(2), { study_metadata: { clinical_notes: "And now a fever" } });
  expect(pacs.held.size).toBe(held + 3);
});

test("a file left out as delivered, whose study goes to one archive more by now: told, never silently delivered", async () => {
  const [old, fresh] = study(2) as [SendFile, SendFile];
  const other = await startFakePacs();
  const one = `[[destination]]\ndefault = true\nid = "pacs"\nkind = "stow-rs"\nurl = "${pacs.dicomWebUrl}"\n`;
  const two = `${one}[[destination]]\ndefault = true\nid = "second"\nkind = "stow-rs"\nurl = "${other.dicomWebUrl}"\n`;
  try {
    await box.terminate();
    await box.start(one);
    await sender.send([old], declared([old]));
    const opened = await openOnly([old, fresh]);
    expect(opened.files.map(({ state }) => state)).toEqual(["already_delivered", "needed"]);
    expect(await box.reload(two)).toBe(true);
    await sender.chunk(opened, "f1", 0, fresh.bytes);
    await sender.complete(opened);
    const end = await sender.reach(opened.upload_id, new Set(["delivered", "partial", "failed"]));
    expect(end.state).toBe("partial");
    expect(end.warnings).toContainEqual(expect.objectContaining({ code: "file_not_here", file_name: old.name }));
    expect(other.held.size).toBe(1);
  } finally {
    await box.reload(one);
    await other.stop();
  }
});

test("a repeat shows the patient to the one who sent the study, to nobody else", async () => {
  const files = study(1);
  await sender.send(files, declared(files));
  const stranger = await box.client("clinician");
  const opened = await stranger.init({
    total_files: 1,
    total_size_bytes: files[0]?.bytes.length,
    ...declared(files),
  });
  await stranger.complete(opened);
  const status = await stranger.reach(opened.upload_id, new Set(["delivered", "failed"]));
  expect(JSON.stringify(status.studies)).not.toContain("Made^Up");
});
