import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { until } from "../support/child.ts";
import type { Status } from "../support/client.ts";
import { oneFile, pattern, problemOf, put } from "./api.ts";
import { type Stage, startStage, to } from "./stage.ts";

const K = 4096;
let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());
describe("complete", () => {
  test("missing bytes: 409 with the ranges of every file that lacks some; once they came, it goes on", async () => {
    const files = ["a", "b", "c"].map((file_id) => ({ file_id, name: `${file_id}.bin`, size_bytes: 5 * K }));
    const opened = await stage.client.init({ total_files: 3, total_size_bytes: 15 * K, chunk_size: K, files });
    await put(stage.box, opened, { file_id: "b", chunk_index: 1 }, pattern(2 * K));
    await put(stage.box, opened, { file_id: "c", chunk_index: 0 }, pattern(5 * K));
    const { missing } = await problemOf(await stage.post(opened, "complete"), 409, "upload_incomplete");
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
    expect((await stage.client.status(opened.upload_id)).state).toBe("receiving");
    for (const { file_id, missing: ranges } of missing ?? [])
      for (const [first, last] of ranges)
        await put(stage.box, opened, { file_id, chunk_index: first }, pattern((last - first + 1) * K));
    expect((await stage.post(opened, "complete")).status).toBe(200);
  });

  test.each(["61", "-1", "abc", "1e1", "", "NaN", "60.1", "Infinity"])(
    "wait=%s: 422, and nothing happens",
    async (wait) => {
      const opened = await stage.client.upload([stage.instance()], to("folder"));
      await problemOf(await stage.post(opened, `complete?wait=${wait}`), 422, "invalid_request");
      expect((await stage.client.status(opened.upload_id)).state).toBe("receiving");
      await stage.cancel(opened);
    },
  );

  test("with wait it answers the outcome; again: the same", async () => {
    const opened = await stage.client.upload([stage.instance()], to("folder"));
    const first = await (await stage.post(opened, "complete?wait=60")).json();
    expect(first).toEqual({
      status: "success",
      pacs_receipt_id: expect.any(String),
      warnings: [],
      studies: [expect.objectContaining({ state: "delivered", instance_count: 1 })],
    });
    for (const again of ["complete", "complete?wait=0", "complete?wait=60"])
      expect(await (await stage.post(opened, again)).json()).toEqual(first);
  }, 20_000);

  test("what cannot go on answers `processing`, and wait ends where a person is needed", async () => {
    stage.pacs.script({ fails: () => 0xa900 });
    const opened = await stage.client.upload([stage.instance()], to("pacs"));
    expect(await (await stage.post(opened, "complete?wait=60")).json()).toMatchObject({
      status: "processing",
      pacs_receipt_id: null,
      studies: [{ state: "needs_attention" }],
    });
    const forwarding = await stage.enter("forwarding");
    expect(await (await stage.post(forwarding, "complete?wait=0.05")).json()).toMatchObject({ status: "processing" });
    await stage.cancel(forwarding);
  }, 20_000);

  test.each([
    ["partial", "partial"],
    ["failed", "failed"],
  ])("of an upload that ended %s: %s", async (state, status) => {
    const outcome = await (await stage.post(await stage.enter(state), "complete")).json();
    expect(outcome).toMatchObject({ status });
    if (state === "failed")
      expect(outcome).toMatchObject({ error: { code: "nothing_to_send", message: expect.any(String) }, studies: [] });
  });

  test("T4: afterwards the token takes no bytes but reads", async () => {
    const opened = await stage.enter("delivered");
    await problemOf(await put(stage.box, opened, { file_id: "f0", chunk_index: 0 }, pattern(10)), 409, "upload_closed");
    const status = await stage.client.request("GET", `/upload/${opened.upload_id}/status`, {
      token: opened.upload_token,
    });
    expect(status.status).toBe(200);
    expect((await stage.post(opened, "complete")).status).toBe(200);
    const events = await stage.client.request("GET", `/upload/${opened.upload_id}/events`, {
      token: opened.upload_token,
    });
    expect(await events.text()).toStartWith("event: status\ndata: {");
  });
});

test("status has every field of CONTRACT §3, and no other", async () => {
  const opened = await stage.client.upload([stage.instance()], to("folder"));
  await stage.post(opened, "complete?wait=60");
  await until(
    "the files to be gone",
    async () => (await stage.client.status(opened.upload_id)).files_removed_at !== null,
  );
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  const size = stage.instance().bytes.length;
  expect(await stage.client.status(opened.upload_id)).toEqual({
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
  const file = stage.instance();
  const filler = { name: "filler.bin", bytes: pattern(40 * K) };
  const files = [file, filler].map(({ name, bytes }, i) => ({ file_id: `f${i}`, name, size_bytes: bytes.length }));
  const total = file.bytes.length + filler.bytes.length;
  const body = { total_files: 2, total_size_bytes: total, chunk_size: K, files, ...to("folder") };
  const opened = await stage.client.init(body);
  const answer = await stage.client.request("GET", `/upload/${opened.upload_id}/events`, {
    token: opened.upload_token,
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toStartWith("text/event-stream");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  let first = () => {};
  const begun = new Promise<void>((resolve) => {
    first = resolve;
  });
  const reading = eventsOf(answer, () => first());
  await begun; // before anything changed
  await put(stage.box, opened, { file_id: "f0", chunk_index: 0 }, file.bytes);
  for (let index = 0; index < 40; index++)
    await put(
      stage.box,
      opened,
      { file_id: "f1", chunk_index: index },
      filler.bytes.subarray(index * K, (index + 1) * K),
    );
  await stage.post(opened, "complete");
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
  const ended = await stage.enter("cancelled");
  const answer = await stage.client.request("GET", `/upload/${ended.upload_id}/events`);
  expect((await eventsOf(answer)).map(({ data }) => data.state)).toEqual(["cancelled"]);
  const open = await stage.client.init(oneFile(10));
  const left = await stage.client.request("GET", `/upload/${open.upload_id}/events`);
  await left.body?.cancel();
  expect((await stage.cancel(open)).status).toBe(204);
});

test("the box met no error of its own", () => {
  expect(stage.box.events("http.failed")).toEqual([]);
});
