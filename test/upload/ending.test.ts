import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import { terminal } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { newUser, oneFile, pattern, problemOf, put } from "./api.ts";
import { type Stage, startStage, to } from "./stage.ts";

const K = 4096;
const at = (index: number) => ({ file_id: "a", chunk_index: index });
let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());
describe("DELETE", () => {
  test.each([
    ["receiving", 204, "cancelled"],
    ["forwarding", 204, "cancelled"],
    ["needs_attention", 204, "cancelled"],
    ["cancelled", 204, "cancelled"],
    ["delivered", 409, "delivered"],
    ["partial", 409, "partial"],
    ["failed", 409, "failed"],
  ])(
    "in %s: %i, then %s",
    async (state, status, after) => {
      const opened = await stage.enter(state);
      for (let time = 0; time < 2; time++) {
        const answer = await stage.cancel(opened, time === 0 ? opened.upload_token : stage.client.token);
        if (status === 204) expect([answer.status, await answer.text()]).toEqual([204, ""]);
        else await problemOf(answer, 409, "upload_closed");
      }
      expect((await stage.client.status(opened.upload_id)).state).toBe(after);
      if (after !== "cancelled") return;
      await problemOf(
        await put(stage.box, opened, { file_id: "f0", chunk_index: 0 }, pattern(10)),
        410,
        "upload_cancelled",
      );
      const again = await stage.post(opened, "complete");
      // After `complete` it answers the present outcome, whatever that is.
      if (state === "receiving" || state === "cancelled") await problemOf(again, 410, "upload_cancelled");
      else expect([again.status, await again.json()]).toMatchObject([200, { status: "failed", pacs_receipt_id: null }]);
    },
    20_000,
  );

  test("an admin may cancel another's", async () => {
    const opened = await stage.enter("receiving");
    expect((await stage.cancel(opened, (await stage.box.client("admin")).token)).status).toBe(204);
  });

  test("in the middle of processing: it stops, and nothing is left of the files", async () => {
    for (let round = 0; round < 5; round++) {
      const opened = await stage.client.upload(Array.from({ length: 30 }, stage.instance), to("away"));
      await stage.post(opened, "complete");
      expect((await stage.cancel(opened)).status).toBe(204);
      const gone = async () => (await stage.client.status(opened.upload_id)).files_removed_at !== null;
      await until("the files to be gone", gone);
      expect((await stage.client.status(opened.upload_id)).state).toBe("cancelled");
    }
  }, 30_000);
});

describe("retry and accept", () => {
  test("retry sends what was parked again", async () => {
    const opened = await stage.enter("needs_attention");
    const answer = await stage.post(opened, "retry", stage.client.token);
    expect(await answer.json()).toMatchObject({ upload_id: opened.upload_id, state: "forwarding", files: [{}] });
    expect(await stage.client.reach(opened.upload_id, terminal)).toMatchObject({ state: "delivered", error: null });
    for (const what of ["retry", "accept"])
      await problemOf(await stage.post(opened, what, stage.client.token), 409, "upload_closed");
  }, 20_000);

  test("accept leaves it at what was delivered", async () => {
    stage.pacs.script({ fails: (_part, index) => (index === 0 ? 0xa900 : undefined) });
    const study = "2.25.950";
    const files = [1, 2].map((n) => ({ name: `${n}.dcm`, bytes: madeBytes({ study, sop: `${study}.${n}` }) }));
    const opened = await stage.client.upload(files, to("pacs"));
    await stage.client.complete(opened);
    await stage.client.reach(opened.upload_id, new Set(["needs_attention"]));
    expect(await (await stage.post(opened, "accept", stage.client.token)).json()).toMatchObject({
      state: "partial",
      pacs_receipt_id: expect.any(String),
      studies: [{ deliveries: [{ state: "partial", delivered_instances: 1, total_instances: 2 }] }],
    });
  }, 20_000);

  test("accept with nothing parked: 409 not_parked; retry there changes nothing", async () => {
    const opened = await stage.enter("receiving");
    await problemOf(await stage.post(opened, "accept", stage.client.token), 409, "not_parked");
    expect(await (await stage.post(opened, "retry", stage.client.token)).json()).toMatchObject({ state: "receiving" });
  });
});

test("GET /receipts: per instance destination, sha-256, answer, how it was verified, and when; for who may see the upload", async () => {
  const opened = await stage.enter("delivered");
  const id = (await stage.client.status(opened.upload_id)).pacs_receipt_id ?? "";
  const receipt = JSON.stringify(await stage.client.receipt(id));
  expect(receipt).toMatch(/"destination_id":"folder"/);
  expect(receipt).toMatch(/"sha256":"[0-9a-f]{64}"/);
  expect(receipt).toMatch(/"verified_by":"(query|peer)"/);
  expect(receipt).not.toContain("Made^Up");
  const token = { token: opened.upload_token };
  expect((await stage.client.request("GET", `/receipts/${id}`, token)).status).toBe(200);
  expect((await (await stage.box.client("radiologist")).request("GET", `/receipts/${id}`)).status).toBe(200);
  const stranger = await newUser(stage.box, "third", "radiographer");
  await problemOf(await stranger.request("GET", `/receipts/${id}`), 404, "not_found");
  const other = await stage.enter("receiving");
  await problemOf(
    await stage.client.request("GET", `/receipts/${id}`, { token: other.upload_token }),
    404,
    "not_found",
  );
});

test("an upload that rested too long expires: 410 for bytes, 409 for cancel", async () => {
  const hasty = await startBox("[retention]\nupload_idle_hours = 0.0001");
  try {
    const owner = await newUser(hasty, "owner", "clinician");
    const opened = await owner.init(oneFile(K));
    await owner.reach(opened.upload_id, new Set(["expired"]));
    await problemOf(await put(hasty, opened, at(0), pattern(K)), 410, "upload_expired");
    await problemOf(await owner.complete(opened), 410, "upload_expired");
    await problemOf(await owner.request("DELETE", `/upload/${opened.upload_id}`), 409, "upload_closed");
    expect((await owner.status(opened.upload_id)).error?.code).toBe("upload_expired");
  } finally {
    await hasty.stop();
  }
}, 30_000);

test("the box met no error of its own", () => {
  expect(stage.box.events("http.failed")).toEqual([]);
});
