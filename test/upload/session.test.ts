import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import type { Client, Opened, Status } from "../support/client.ts";
import { newUser, oneFile, pattern, problemOf, put, undeclared } from "./api.ts";
import { type Stage, startStage, to } from "./stage.ts";

const K = 4096;
const at = (index: number) => ({ file_id: "a", chunk_index: index });
let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());
describe("token", () => {
  test("the owner's access token or the upload's own gives a fresh one; the old one goes on", async () => {
    const opened = await stage.client.init(oneFile(2 * K));
    for (const token of [stage.client.token, opened.upload_token]) {
      const answer = await stage.post(opened, "token", token);
      expect(answer.status).toBe(200);
      const fresh = (await answer.json()) as { upload_token: string; expires_in: number };
      expect(fresh).toEqual({ upload_token: expect.any(String), expires_in: 3600 });
      expect((await put(stage.box, { ...opened, ...fresh }, at(0), pattern(K))).status).toBe(200);
    }
    expect((await put(stage.box, opened, at(0), pattern(K))).status).toBe(200);
  });

  test("one that has run out: 401 token_expired, for bytes, for reading and for a fresh one", async () => {
    const hasty = await startBox("[auth]\nupload_token_minutes = 0.001\naccess_token_minutes = 0.05");
    try {
      const owner = await newUser(hasty, "owner", "clinician");
      const opened = await owner.init(oneFile(K));
      const token = opened.upload_token;
      const asked = async (method: string, what: string) =>
        owner.request(method, `/upload/${opened.upload_id}/${what}`, { token });
      await until("the token to run out", async () => (await asked("GET", "status")).status === 401);
      await problemOf(await put(hasty, opened, at(0), pattern(K)), 401, "token_expired");
      await problemOf(await asked("GET", "status"), 401, "token_expired");
      await problemOf(await asked("POST", "token"), 401, "token_expired");
      await problemOf(await asked("POST", "complete"), 401, "token_expired");
      await until("the sign-in to run out", async () => (await owner.request("GET", "/auth/me")).status === 401);
      await problemOf(await owner.request("GET", "/auth/me"), 401, "unauthorized");
    } finally {
      await hasty.stop();
    }
  }, 20_000);
});

describe("Idempotency-Key", () => {
  const init = (body: unknown, key: string, who = stage.client) =>
    who.request("POST", "/upload/init", { body, headers: { "idempotency-key": key } });
  const opened = async (answer: Promise<Response>) => (await (await answer).json()) as Opened;

  test("the same key and body: the same upload with a fresh token, whatever the order of the fields", async () => {
    const body = oneFile(10, to("folder"));
    const first = await opened(init(body, "k1"));
    const turned = Object.fromEntries(Object.entries(body).toReversed());
    for (const again of [body, turned]) {
      const answer = await init(again, "k1");
      expect(answer.status).toBe(201);
      const second = (await answer.json()) as Opened;
      expect(second).toEqual({ ...first, upload_token: expect.any(String) } as Opened);
      expect(second.upload_token).not.toBe(first.upload_token);
    }
    await problemOf(await init({ ...body, chunk_size: 8192 }, "k1"), 409, "idempotency_key_reused");
    expect((await opened(init(body, "k2"))).upload_id).not.toBe(first.upload_id);
  });

  test("twenty at once open one upload; another user's key is another key; a key has 1 to 255 characters", async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => opened(init(oneFile(10), "k3"))));
    expect(new Set(all.map(({ upload_id }) => upload_id)).size).toBe(1);
    const other = await newUser(stage.box, "second", "clinician");
    expect((await opened(init(oneFile(10), "k3", other))).upload_id).not.toBe(all[0]?.upload_id ?? "");
    await problemOf(await init(oneFile(10), "k".repeat(256)), 422, "invalid_request");
  });
});

describe("GET /uploads", () => {
  interface Page {
    uploads: Status[];
    next_cursor: string | null;
  }
  const page = async (who: Client, query: string) =>
    (await (await who.request("GET", `/uploads${query}`)).json()) as Page;

  test("newest first, page by page, each once", async () => {
    const lister = await newUser(stage.box, "lister", "radiographer");
    const ids: string[] = [];
    for (let n = 0; n < 7; n++) ids.unshift((await lister.init(undeclared(1, 1))).upload_id);
    const all = (await page(lister, "")).uploads.map(({ upload_id }) => upload_id);
    expect(all.toSorted()).toEqual(ids.toSorted());
    const seen: string[] = [];
    let cursor = "";
    for (let n = 0; n < 4; n++) {
      const { uploads, next_cursor } = await page(lister, `?limit=2${cursor}`);
      seen.push(...uploads.map(({ upload_id }) => upload_id));
      expect(uploads[0]).not.toHaveProperty("files");
      cursor = `&cursor=${encodeURIComponent(next_cursor ?? "")}`;
      expect(next_cursor === null).toBe(n === 3);
    }
    expect(seen).toEqual(all);
  });

  test("by state, one or several", async () => {
    const cancelled = await stage.enter("cancelled");
    const delivered = await stage.enter("delivered");
    const ids = async (query: string) => (await page(stage.client, `?limit=200&state=${query}`)).uploads;
    expect((await ids("cancelled")).map(({ state }) => state)).not.toContain("delivered");
    const both = (await ids("cancelled,delivered")).map(({ upload_id }) => upload_id);
    expect(both).toEqual(expect.arrayContaining([cancelled.upload_id, delivered.upload_id]));
    expect(await ids("expired")).toEqual([]);
  });

  test.each([
    "limit=0",
    "limit=201",
    "limit=x",
    "limit=1.5",
    "state=gone",
    "state=",
    "cursor=x",
    "cursor=",
    "color=red",
  ])("%s: 422", async (query) => {
    await problemOf(await stage.client.request("GET", `/uploads?${query}`), 422, "invalid_request");
  });
});

test("the box met no error of its own", () => {
  expect(stage.box.events("http.failed")).toEqual([]);
});
