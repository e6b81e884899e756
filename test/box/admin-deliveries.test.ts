import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Box, startBox } from "../support/box.ts";
import { atRest, type Client } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";

let box: Box;
let admin: Client;
let sender: Client;
/** The study lies on the way of the first destination as a file, so its folder cannot be made. */
const study = "2.25.8001";

beforeAll(async () => {
  const folder = (id: string) => `[[destination]]\nid = "${id}"\nkind = "folder"\npath = "${id}"\n`;
  box = await startBox(`${folder("one")}${folder("two")}`);
  [admin, sender] = [await box.client("admin"), await box.client("radiographer")];
});
afterAll(() => box.stop());

/** A delivery that the folder destination parks: another file holds the SOP Instance UID there. */
async function parked(sop: string) {
  const target = join(box.dataDir, "one", study, "2.25.3");
  mkdirSync(target, { recursive: true });
  await Bun.write(join(target, `${sop}.dcm`), madeBytes({ study, sop, fill: 9 }));
  const status = await sender.send([{ name: "a.dcm", bytes: madeBytes({ study, sop }) }]);
  const delivery = status.studies[0]?.deliveries[0];
  expect(status.state).toBe("needs_attention");
  expect(delivery).toMatchObject({ state: "parked", error: { code: "instance_conflict" } });
  return { uploadId: status.upload_id, id: delivery?.delivery_id ?? "", file: join(target, `${sop}.dcm`) };
}
const act = (id: string, what: string, body?: unknown) =>
  admin.request("POST", `/admin/deliveries/${id}/${what}`, body === undefined ? {} : { body });

test("what is parked is listed with its reason, and only for the administrator", async () => {
  const { id } = await parked("2.25.8001.1");
  const list = await (await admin.request("GET", "/admin/deliveries?state=parked")).json();
  expect(list.deliveries).toContainEqual(expect.objectContaining({ delivery_id: id, study_instance_uid: study }));
  expect((await sender.request("GET", "/admin/deliveries")).status).toBe(403);
  expect((await admin.request("GET", "/admin/deliveries?state=lost")).status).toBe(422);
});

test("retry goes through once the cause is mended; what is not parked cannot be retried", async () => {
  const { id, uploadId, file } = await parked("2.25.8001.2");
  rmSync(file);
  expect((await act(id, "retry")).status).toBe(200);
  expect((await sender.reach(uploadId, atRest)).state).toBe("delivered");
  const again = await act(id, "retry");
  expect([again.status, (await again.json()).code]).toEqual([409, "not_parked"]);
});

test("redirect sends it elsewhere", async () => {
  const { id, uploadId } = await parked("2.25.8001.3");
  expect((await act(id, "redirect", { destination_id: "nowhere" })).status).toBe(422);
  expect((await act(id, "redirect", { destination_id: "two" })).status).toBe(200);
  const status = await sender.reach(uploadId, atRest);
  expect(status).toMatchObject({ state: "delivered", studies: [{ deliveries: [{ destination_id: "two" }] }] });
});

test("discard needs a reason and ends the upload", async () => {
  const { id, uploadId } = await parked("2.25.8001.4");
  expect((await act(id, "discard", {})).status).toBe(422);
  expect(await (await act(id, "discard", { reason: "sent twice" })).json()).toMatchObject({ state: "discarded" });
  expect((await sender.status(uploadId)).state).toBe("failed");
  expect((await act("00000000-0000-4000-8000-000000000000", "retry")).status).toBe(404);
});
