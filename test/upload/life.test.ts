import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Box, startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import { type Client, type Opened, type Status, terminal } from "../support/client.ts";
import { type FakePacs, startFakePacs } from "../support/fake-pacs.ts";
import { madeBytes } from "../support/made-instance.ts";
import { newUser, oneFile, pattern, problemOf, put, undeclared } from "./api.ts";

const K = 4096;
let box: Box;
let pacs: FakePacs;
let client: Client;
beforeAll(async () => {
  pacs = await startFakePacs();
  box =
    await startBox(`[limits]\nmax_open_uploads_per_user = 1000\n[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"
[[destination]]\nid = "pacs"\nkind = "stow-rs"\nurl = "${pacs.dicomWebUrl}"
[[destination]]\nid = "away"\nkind = "stow-rs"\nurl = "http://127.0.0.1:9/dicom-web"`);
  client = await box.client("clinician");
});
afterAll(async () => {
  await box.stop();
  await pacs.stop();
});

let serial = 0;
const instance = () => {
  serial += 1;
  return { name: `IM${serial}.dcm`, bytes: madeBytes({ study: `2.25.900.${serial}`, sop: `2.25.900.${serial}.1` }) };
};
const to = (destination: string) => ({ study_metadata: { destination_ids: [destination] } });
const at = (index: number) => ({ file_id: "a", chunk_index: index });
const post = (opened: Opened, what: string, token = opened.upload_token) =>
  client.request("POST", `/upload/${opened.upload_id}/${what}`, { token });
const cancel = (opened: Opened, token = client.token) =>
  client.request("DELETE", `/upload/${opened.upload_id}`, { token });

/** An upload whose one delivery the archive refused for good: it rests in `needs_attention`. */
async function parked(): Promise<Opened> {
  pacs.script({ fails: () => 0xa900 });
  const opened = await client.upload([instance()], to("pacs"));
  await client.complete(opened);
  await client.reach(opened.upload_id, new Set(["needs_attention"]));
  return opened;
}
/** An upload in each state, and what it takes to get there. */
const inState: Record<string, () => Promise<Opened>> = {
  receiving: () => client.init(oneFile(10)),
  forwarding: async () => {
    const opened = await client.upload([instance()], to("away"));
    await client.complete(opened);
    await client.reach(opened.upload_id, new Set(["forwarding"]));
    return opened;
  },
  needs_attention: parked,
  delivered: async () => {
    const opened = await client.upload([instance()], to("folder"));
    await client.complete(opened);
    await client.reach(opened.upload_id, new Set(["delivered"]));
    return opened;
  },
  partial: async () => {
    const cut = { name: "cut.dcm", bytes: instance().bytes.subarray(0, 400) };
    const opened = await client.upload([instance(), cut], to("folder"));
    await client.complete(opened);
    await client.reach(opened.upload_id, new Set(["partial"]));
    return opened;
  },
  failed: async () => {
    const opened = await client.upload([{ name: "a.txt", bytes: Buffer.from("no image") }]);
    await client.complete(opened);
    await client.reach(opened.upload_id, new Set(["failed"]));
    return opened;
  },
  cancelled: async () => {
    const opened = await client.init(oneFile(10));
    await cancel(opened);
    return opened;
  },
};
const enter = (state: string): Promise<Opened> => inState[state]?.() ?? Promise.reject(new Error(state));

describe("complete", () => {
  test("missing bytes: 409 with the ranges of every file that lacks some; once they came, it goes on", async () => {
    const files = ["a", "b", "c"].map((file_id) => ({ file_id, name: `${file_id}.bin`, size_bytes: 5 * K }));
    const opened = await client.init({ total_files: 3, total_size_bytes: 15 * K, chunk_size: K, files });
    await put(box, opened, { file_id: "b", chunk_index: 1 }, pattern(2 * K));
    await put(box, opened, { file_id: "c", chunk_index: 0 }, pattern(5 * K));
    const { missing } = await problemOf(await post(opened, "complete"), 409, "upload_incomplete");
    expect(missing).toEqual([
      { file_id: "a", missing: [[0, 4]] },
      {
        file_id: "b",
        missing: [
          [0, 0],
          [3, 4],
        ],
      },
    ]);
    expect((await client.status(opened.upload_id)).state).toBe("receiving");
    for (const { file_id, missing: ranges } of missing ?? [])
      for (const [first, last] of ranges)
        await put(box, opened, { file_id, chunk_index: first }, pattern((last - first + 1) * K));
    expect((await post(opened, "complete")).status).toBe(200);
  });

  test.each(["61", "-1", "abc", "1e1", "", "NaN", "60.1", "Infinity"])(
    "wait=%s: 422, and nothing happens",
    async (wait) => {
      const opened = await client.upload([instance()], to("folder"));
      await problemOf(await post(opened, `complete?wait=${wait}`), 422, "invalid_request");
      expect((await client.status(opened.upload_id)).state).toBe("receiving");
      await cancel(opened);
    },
  );

  test("with wait it answers the outcome; again: the same", async () => {
    const opened = await client.upload([instance()], to("folder"));
    const first = await (await post(opened, "complete?wait=60")).json();
    expect(first).toEqual({
      status: "success",
      pacs_receipt_id: expect.any(String),
      warnings: [],
      studies: [expect.objectContaining({ state: "delivered", instance_count: 1 })],
    });
    for (const again of ["complete", "complete?wait=0", "complete?wait=60"])
      expect(await (await post(opened, again)).json()).toEqual(first);
  }, 20_000);

  test("what cannot go on answers `processing`, and wait ends where a person is needed", async () => {
    pacs.script({ fails: () => 0xa900 });
    const opened = await client.upload([instance()], to("pacs"));
    expect(await (await post(opened, "complete?wait=60")).json()).toMatchObject({
      status: "processing",
      pacs_receipt_id: null,
      studies: [{ state: "needs_attention" }],
    });
    const forwarding = await enter("forwarding");
    expect(await (await post(forwarding, "complete?wait=0.05")).json()).toMatchObject({ status: "processing" });
    await cancel(forwarding);
  }, 20_000);

  test.each([
    ["partial", "partial"],
    ["failed", "failed"],
  ])("of an upload that ended %s: %s", async (state, status) => {
    const outcome = await (await post(await enter(state), "complete")).json();
    expect(outcome).toMatchObject({ status });
    if (state === "failed")
      expect(outcome).toMatchObject({ error: { code: "nothing_to_send", message: expect.any(String) }, studies: [] });
  });

  test("afterwards the token takes no bytes but reads", async () => {
    const opened = await enter("delivered");
    await problemOf(await put(box, opened, { file_id: "f0", chunk_index: 0 }, pattern(10)), 409, "upload_closed");
    const status = await client.request("GET", `/upload/${opened.upload_id}/status`, { token: opened.upload_token });
    expect(status.status).toBe(200);
    expect((await post(opened, "complete")).status).toBe(200);
    const events = await client.request("GET", `/upload/${opened.upload_id}/events`, { token: opened.upload_token });
    expect(await events.text()).toStartWith("event: status\ndata: {");
  });
});

test("status has every field of CONTRACT §3, and no other", async () => {
  const opened = await client.upload([instance()], to("folder"));
  await post(opened, "complete?wait=60");
  await until("the files to be gone", async () => (await client.status(opened.upload_id)).files_removed_at !== null);
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  const size = instance().bytes.length;
  expect(await client.status(opened.upload_id)).toEqual({
    upload_id: opened.upload_id,
    state: "delivered",
    progress_percent: 100,
    uploaded_bytes: size,
    total_size_bytes: size,
    files: [{ file_id: "f0", name: expect.stringMatching(/^IM\d+\.dcm$/), received_bytes: size, missing: [] }],
    studies: [
      {
        study_instance_uid: expect.stringMatching(/^2\.25\.900\./),
        patient_name: "Made^Up",
        patient_id: "MADE",
        patient_birth_date: "",
        study_date: "",
        study_description: "",
        modalities: ["CT"],
        series_count: 1,
        instance_count: 1,
        state: "delivered",
        service_level: "routine",
        deliveries: [
          {
            delivery_id: expect.any(String),
            destination_id: "folder",
            via: null,
            state: "delivered",
            delivered_instances: 1,
            total_instances: 1,
            attempts: 1,
            next_attempt_at: null,
            receipt_id: expect.any(String),
            error: null,
          },
        ],
      },
    ],
    warnings: [],
    error: null,
    pacs_receipt_id: expect.any(String),
    created_at: time,
    files_removed_at: time,
  } as unknown as Status);
});

/** Reads an event stream to its end, with the time of every event in milliseconds. */
async function eventsOf(answer: Response, told: (status: Status) => void = () => {}) {
  const events: { at: number; data: Status }[] = [];
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of answer.body ?? []) {
    const blocks = (rest + decoder.decode(piece, { stream: true })).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      if (block.startsWith(":")) continue;
      const [name, data] = block.split("\n");
      expect(name).toBe("event: status");
      events.push({ at: performance.now(), data: JSON.parse(data?.slice(6) ?? "") });
      told(events.at(-1)?.data as Status);
    }
  }
  return events;
}

test("events: one at once, at most four a second, without files, and the end after a terminal state", async () => {
  const file = instance();
  const filler = { name: "filler.bin", bytes: pattern(40 * K) };
  const files = [file, filler].map(({ name, bytes }, i) => ({ file_id: `f${i}`, name, size_bytes: bytes.length }));
  const total = file.bytes.length + filler.bytes.length;
  const body = { total_files: 2, total_size_bytes: total, chunk_size: K, files, ...to("folder") };
  const opened = await client.init(body);
  const answer = await client.request("GET", `/upload/${opened.upload_id}/events`, { token: opened.upload_token });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toStartWith("text/event-stream");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  let first = () => {};
  const begun = new Promise<void>((resolve) => {
    first = resolve;
  });
  const reading = eventsOf(answer, () => first());
  await begun; // before anything changed
  await put(box, opened, { file_id: "f0", chunk_index: 0 }, file.bytes);
  for (let index = 0; index < 40; index++)
    await put(box, opened, { file_id: "f1", chunk_index: index }, filler.bytes.subarray(index * K, (index + 1) * K));
  await post(opened, "complete");
  const events = await reading;
  expect(events[0]?.data).toMatchObject({ state: "receiving", uploaded_bytes: 0, progress_percent: 0 });
  expect(events.at(-1)?.data).toMatchObject({ state: "delivered", progress_percent: 100 });
  for (const { data } of events) expect(data).not.toHaveProperty("files");
  expect(new Set(events.map(({ data }) => JSON.stringify(data))).size).toBe(events.length);
  const seconds = ((events.at(-1)?.at ?? 0) - (events[0]?.at ?? 0)) / 1000;
  expect(events.length).toBeLessThanOrEqual(2 + Math.ceil(seconds * 4));
  const status = events.map(({ data }) => data.uploaded_bytes);
  expect(status).toEqual(status.toSorted((a, b) => a - b));
}, 20_000);

test("events of an upload that ended: one, and the end; a reader that leaves is forgotten", async () => {
  const ended = await enter("cancelled");
  const answer = await client.request("GET", `/upload/${ended.upload_id}/events`);
  expect((await eventsOf(answer)).map(({ data }) => data.state)).toEqual(["cancelled"]);
  const open = await client.init(oneFile(10));
  const left = await client.request("GET", `/upload/${open.upload_id}/events`);
  await left.body?.cancel();
  expect((await cancel(open)).status).toBe(204);
});

describe("token", () => {
  test("the owner's access token or the upload's own gives a fresh one; the old one goes on", async () => {
    const opened = await client.init(oneFile(2 * K));
    for (const token of [client.token, opened.upload_token]) {
      const answer = await post(opened, "token", token);
      expect(answer.status).toBe(200);
      const fresh = (await answer.json()) as { upload_token: string; expires_in: number };
      expect(fresh).toEqual({ upload_token: expect.any(String), expires_in: 3600 });
      expect((await put(box, { ...opened, ...fresh }, at(0), pattern(K))).status).toBe(200);
    }
    expect((await put(box, opened, at(0), pattern(K))).status).toBe(200);
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
  const init = (body: unknown, key: string, who = client) =>
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
    const other = await newUser(box, "second", "clinician");
    expect((await opened(init(oneFile(10), "k3", other))).upload_id).not.toBe(all[0]?.upload_id ?? "");
    await problemOf(await init(oneFile(10), "k".repeat(256)), 422, "invalid_request");
  });
});

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
      const opened = await enter(state);
      for (let time = 0; time < 2; time++) {
        const answer = await cancel(opened, time === 0 ? opened.upload_token : client.token);
        if (status === 204) expect([answer.status, await answer.text()]).toEqual([204, ""]);
        else await problemOf(answer, 409, "upload_closed");
      }
      expect((await client.status(opened.upload_id)).state).toBe(after);
      if (after !== "cancelled") return;
      await problemOf(await put(box, opened, { file_id: "f0", chunk_index: 0 }, pattern(10)), 410, "upload_cancelled");
      await problemOf(await post(opened, "complete"), 410, "upload_cancelled");
    },
    20_000,
  );

  test("an admin may cancel another's", async () => {
    const opened = await enter("receiving");
    expect((await cancel(opened, (await box.client("admin")).token)).status).toBe(204);
  });

  test("in the middle of processing: it stops, and nothing is left of the files", async () => {
    for (let round = 0; round < 5; round++) {
      const opened = await client.upload(Array.from({ length: 30 }, instance), to("away"));
      await post(opened, "complete");
      expect((await cancel(opened)).status).toBe(204);
      const gone = async () => (await client.status(opened.upload_id)).files_removed_at !== null;
      await until("the files to be gone", gone);
      expect((await client.status(opened.upload_id)).state).toBe("cancelled");
    }
  }, 30_000);
});

describe("retry and accept", () => {
  test("retry sends what was parked again", async () => {
    const opened = await parked();
    const answer = await post(opened, "retry", client.token);
    expect(await answer.json()).toMatchObject({ upload_id: opened.upload_id, state: "forwarding", files: [{}] });
    expect(await client.reach(opened.upload_id, terminal)).toMatchObject({ state: "delivered", error: null });
    for (const what of ["retry", "accept"])
      await problemOf(await post(opened, what, client.token), 409, "upload_closed");
  }, 20_000);

  test("accept leaves it at what was delivered", async () => {
    pacs.script({ fails: (_part, index) => (index === 0 ? 0xa900 : undefined) });
    const study = "2.25.950";
    const files = [1, 2].map((n) => ({ name: `${n}.dcm`, bytes: madeBytes({ study, sop: `${study}.${n}` }) }));
    const opened = await client.upload(files, to("pacs"));
    await client.complete(opened);
    await client.reach(opened.upload_id, new Set(["needs_attention"]));
    expect(await (await post(opened, "accept", client.token)).json()).toMatchObject({
      state: "partial",
      pacs_receipt_id: expect.any(String),
      studies: [{ deliveries: [{ state: "partial", delivered_instances: 1, total_instances: 2 }] }],
    });
  }, 20_000);

  test("accept with nothing parked: 409 not_parked; retry there changes nothing", async () => {
    const opened = await enter("receiving");
    await problemOf(await post(opened, "accept", client.token), 409, "not_parked");
    expect(await (await post(opened, "retry", client.token)).json()).toMatchObject({ state: "receiving" });
  });
});

test("GET /receipts: per instance destination, sha-256, answer, how it was verified, and when; for who may see the upload", async () => {
  const opened = await enter("delivered");
  const id = (await client.status(opened.upload_id)).pacs_receipt_id ?? "";
  const receipt = JSON.stringify(await client.receipt(id));
  expect(receipt).toMatch(/"destination_id":"folder"/);
  expect(receipt).toMatch(/"sha256":"[0-9a-f]{64}"/);
  expect(receipt).toMatch(/"verified_by":"(query|peer)"/);
  expect(receipt).not.toContain("Made^Up");
  const token = { token: opened.upload_token };
  expect((await client.request("GET", `/receipts/${id}`, token)).status).toBe(200);
  expect((await (await box.client("radiologist")).request("GET", `/receipts/${id}`)).status).toBe(200);
  const stranger = await newUser(box, "third", "radiographer");
  await problemOf(await stranger.request("GET", `/receipts/${id}`), 404, "not_found");
  const other = await enter("receiving");
  await problemOf(await client.request("GET", `/receipts/${id}`, { token: other.upload_token }), 404, "not_found");
});

describe("GET /uploads", () => {
  interface Page {
    uploads: Status[];
    next_cursor: string | null;
  }
  const page = async (who: Client, query: string) =>
    (await (await who.request("GET", `/uploads${query}`)).json()) as Page;

  test("newest first, page by page, each once", async () => {
    const lister = await newUser(box, "lister", "radiographer");
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
    const cancelled = await enter("cancelled");
    const delivered = await enter("delivered");
    const ids = async (query: string) => (await page(client, `?limit=200&state=${query}`)).uploads;
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
    await problemOf(await client.request("GET", `/uploads?${query}`), 422, "invalid_request");
  });
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
  expect(box.events("http.failed")).toEqual([]);
});
