import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { madeJpeg } from "../../src/dicom/image-made.ts";
import { type FakePacs, startFakePacs } from "../../src/fake-pacs/server.ts";
import { type Box, startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import { madeBytes } from "../support/made-instance.ts";
import { madeClasses } from "./desk.ts";

setDefaultTimeout(60_000);
let box: Box;
let pacs: FakePacs;
beforeEach(async () => {
  pacs = await startFakePacs();
  box = await startBox(`[[destination]]\nid = "pacs"\nkind = "stow-rs"\nurl = "${pacs.dicomWebUrl}"`);
});
afterEach(async () => {
  await box.stop();
  await pacs.stop();
});

const made = new Set<string>([madeClasses.textSR, madeClasses.secondaryCapture]);
const heldMade = () =>
  [...pacs.held.values()]
    .filter(({ sopClassUID }) => made.has(sopClassUID))
    .map(({ sopInstanceUID }) => sopInstanceUID);
const upload = async (init: Record<string, unknown> = {}) => {
  const client = await box.client();
  const files = [
    { name: "IM1", bytes: madeBytes({ study: "2.25.7400", sop: "2.25.7400.1" }) },
    { name: "hand.jpg", bytes: await madeJpeg(64, 48) },
  ];
  const opened = await client.upload(files, { study_metadata: { clinical_notes: "Sturz" }, ...init });
  await client.complete(opened);
  return { client, id: opened.upload_id };
};

describe("what is made here keeps its identifiers", () => {
  test("through a fault of the archive, a kill while it stores, and another fault: at the archive once", async () => {
    pacs.script({ status: 503, keeps: "none" }, { ending: "hang" }, { status: 503, keeps: "none" });
    const { client, id } = await upload();
    await until("the archive to hold it without an answer", () => heldMade().length === 2);
    const first = heldMade().sort();
    await box.kill();
    await box.start();
    expect((await client.reach(id, new Set(["delivered"]))).studies).toMatchObject([
      { instance_count: 2, deliveries: [{ delivered_instances: 3, total_instances: 3 }] },
    ]);
    expect(heldMade().sort()).toEqual(first);
    const sent = new Set(pacs.stores.flatMap(({ uids }) => uids));
    expect([...sent].sort()).toEqual([...first, "2.25.7400.1"].sort());
    expect([pacs.held.size, pacs.violations]).toEqual([3, []]);
  });

  test("through kills at once after complete and after confirm", async () => {
    const { client, id } = await upload({ expected_studies: [] });
    await box.kill();
    await box.start();
    await client.reach(id, new Set(["needs_confirmation"]));
    pacs.script({ ending: "hang" });
    const path = `/upload/${id}/studies/2.25.7400/confirm`;
    expect((await client.request("POST", path, { body: {} })).status).toBe(200);
    await until("the archive to hold it without an answer", () => heldMade().length === 2);
    const first = heldMade().sort();
    await box.kill();
    await box.start();
    await client.reach(id, new Set(["delivered"]));
    expect(heldMade().sort()).toEqual(first);
    expect(pacs.held.size).toBe(3);
    expect((await client.status(id)).studies).toHaveLength(1);
  });
});
