import { expect } from "bun:test";
import { seeded } from "../../test/faults/random.ts";
import { type Box, startBox } from "../../test/support/box.ts";
import type { Client, Opened } from "../../test/support/client.ts";
import { madeBytes } from "../../test/support/made-instance.ts";
import { digestOf, put } from "../../test/upload/api.ts";
import { type Outcome, share, tell } from "./promise.ts";

/**
 * P4: chunks in any order, repeated, damaged, past the end, several per request, at once, with a restart between,
 * against the simplest model there is: which chunks were answered.
 */
export const seed = 20260402;
const batch = 50;
const K = 4096;

let box: Box;
let client: Client;

interface ModelFile {
  readonly id: string;
  readonly sop: string;
  readonly bytes: Uint8Array;
  readonly chunks: number;
  readonly answered: Set<number>;
}
interface Schedule {
  readonly number: number;
  readonly random: () => number;
  readonly opened: Opened;
  readonly files: readonly ModelFile[];
  /** Whether init named the files. */
  readonly declared: boolean;
}

const below = (random: () => number, most: number) => Math.floor(random() * most);
const study = (number: number) => `2.25.70.${number}`;

async function begin(number: number): Promise<Schedule> {
  const random = seeded(seed + number);
  const files = Array.from({ length: 1 + below(random, 2) }, (_, index): ModelFile => {
    const sop = `${study(number)}.${index + 1}`;
    // A copy, because a Buffer's slice is a view.
    const bytes = Uint8Array.from(
      madeBytes({
        study: study(number),
        sop,
        pixels: 100 + below(random, 60_000),
        fill: 1 + below(random, 250),
      }),
    );
    return { id: `f${index}`, sop, bytes, chunks: Math.ceil(bytes.length / K), answered: new Set() };
  });
  const declared = random() < 0.6;
  const opened = await client.init({
    total_files: files.length,
    total_size_bytes: files.reduce((sum, { bytes }) => sum + bytes.length, 0),
    chunk_size: K,
    ...(declared
      ? { files: files.map(({ id, bytes }) => ({ file_id: id, name: `${id}.dcm`, size_bytes: bytes.length })) }
      : {}),
  });
  return { number, random, opened, files, declared };
}

/** Some consecutive chunks of a file. */
function someRun({ random }: Schedule, file: ModelFile) {
  const first = below(random, file.chunks);
  const count = 1 + below(random, Math.min(6, file.chunks - first));
  return { first, count, body: file.bytes.slice(first * K, (first + count) * K) };
}

/** The size stands in the query of some requests; where it matters to what is expected, always. */
function send(
  at: Schedule,
  file: ModelFile,
  first: number,
  body: Uint8Array,
  options: { digest?: Uint8Array; sized?: boolean } = {},
) {
  const sized = options.sized === true || at.random() < 0.5;
  const query = { file_id: file.id, chunk_index: first, ...(sized ? { size_bytes: file.bytes.length } : {}) };
  const digest = options.digest && { "content-digest": `sha-256=:${digestOf("sha256", options.digest)}:` };
  return put(box, at.opened, query, body, digest);
}

/** One step of a schedule: sends something and says what must be answered, by the model. */
const steps: ((at: Schedule, file: ModelFile) => Promise<void>)[] = [
  async function good(at, file) {
    const { first, count, body } = someRun(at, file);
    const answer = await send(at, file, first, body, at.random() < 0.5 ? { digest: body } : {});
    expect(await answer.json()).toEqual({ file_id: file.id, received_chunk_index: first + count - 1 });
    for (let chunk = first; chunk < first + count; chunk++) file.answered.add(chunk);
  },
  async function atOnce(at, file) {
    const runs = [someRun(at, file), someRun(at, file), someRun(at, file)];
    const answers = await Promise.all(runs.map(({ first, body }) => send(at, file, first, body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const { first, count } of runs)
      for (let chunk = first; chunk < first + count; chunk++) file.answered.add(chunk);
  },
  async function otherBytes(at, file) {
    const { first, count, body } = someRun(at, file);
    const known = Array.from({ length: count }, (_, index) => index).filter((index) =>
      file.answered.has(first + index),
    );
    const chunk = known[below(at.random, known.length)];
    if (chunk === undefined) return;
    const place = Math.min(body.length - 1, chunk * K + below(at.random, K));
    body[place] = (body[place] ?? 0) ^ 0x10;
    expect((await send(at, file, first, body)).status).toBe(409);
  },
  async function damaged(at, file) {
    const { first, body } = someRun(at, file);
    const digest = body.slice();
    const place = below(at.random, body.length);
    body[place] = (body[place] ?? 0) ^ 1;
    expect((await send(at, file, first, body, { digest })).status).toBe(400);
  },
  async function wrongLength(at, file) {
    const { first, body } = someRun(at, file);
    const length = below(at.random, body.length);
    if (length % K === 0) return;
    expect((await send(at, file, first, body.subarray(0, length), { sized: true })).status).toBe(400);
  },
  async function pastTheEnd(at, file) {
    const first = file.chunks - 1 + below(at.random, 3);
    const length = K * (2 + below(at.random, 3)) - below(at.random, 2);
    expect((await send(at, file, first, new Uint8Array(length), { sized: true })).status).toBe(400);
  },
];

const shuffled = <T>(random: () => number, items: readonly T[]): T[] =>
  items
    .map((item) => ({ item, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);

async function mishandle(at: Schedule): Promise<void> {
  for (let left = 4 + below(at.random, 10); left > 0; left--) {
    const file = at.files[below(at.random, at.files.length)];
    // Half of all steps are good ones, or no file would get far.
    const step = at.random() < 0.4 ? steps[0] : steps[below(at.random, steps.length)];
    if (file && step) await step(at, file);
  }
}

/** What status says is missing, against the model. */
async function agrees(at: Schedule): Promise<Map<string, number[]>> {
  const status = await client.status(at.opened.upload_id);
  const missing = new Map<string, number[]>();
  for (const file of at.files) {
    const seen = status.files.find(({ file_id }) => file_id === file.id);
    const open = Array.from({ length: file.chunks }, (_, chunk) => chunk).filter((chunk) => !file.answered.has(chunk));
    const told = seen?.missing.flatMap(([first, last]) =>
      Array.from({ length: last - first + 1 }, (_, i) => first + i),
    );
    // A file without a size is only asked for what lies before its last received chunk.
    const last = Math.max(-1, ...file.answered);
    if (at.declared) expect(told).toEqual(open);
    else expect((told ?? []).filter((chunk) => chunk < last)).toEqual(open.filter((chunk) => chunk < last));
    for (const chunk of told ?? []) expect(file.answered.has(chunk)).toBe(false);
    missing.set(file.id, open);
  }
  return missing;
}

async function finish(at: Schedule): Promise<void> {
  const missing = await agrees(at);
  for (const file of shuffled(at.random, at.files))
    for (const chunk of shuffled(at.random, missing.get(file.id) ?? []))
      expect((await send(at, file, chunk, file.bytes.subarray(chunk * K, (chunk + 1) * K))).status).toBe(200);
  const token = { token: at.opened.upload_token };
  const answer = await client.request("POST", `/upload/${at.opened.upload_id}/complete?wait=60`, token);
  expect(await answer.json()).toMatchObject({ status: "success", warnings: [] });
  for (const { sop, bytes } of at.files) {
    const stored = await Bun.file(`${box.dataDir}/received/${study(at.number)}/2.25.3/${sop}.dcm`).bytes();
    expect(Buffer.from(stored).equals(Buffer.from(bytes))).toBe(true);
  }
}

/** Runs the work over all, four at once; says which schedule it was that failed. */
async function over(all: readonly Schedule[], work: (at: Schedule) => Promise<void>): Promise<void> {
  const waiting = [...all];
  const lane = async () => {
    for (let at = waiting.shift(); at; at = waiting.shift()) {
      const { number } = at;
      await work(at).catch((cause) => {
        throw new Error(`schedule ${number} of seed ${seed}`, { cause });
      });
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
}

/** Runs so many schedules, the box killed in the middle of every 50. @throws where an answer or a byte is not the model's */
export async function chunkSchedules(count: number): Promise<void> {
  box = await startBox(`[limits]\nmax_open_uploads_per_user = 1000\nrequests_per_minute = 1000000
[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`);
  try {
    client = await box.client("clinician");
    for (let start = 0; start < count; start += batch) {
      const size = Math.min(batch, count - start);
      const all = await Promise.all(Array.from({ length: size }, (_, index) => begin(start + index)));
      await over(all, mishandle);
      await box.kill();
      await box.start();
      await over(all, mishandle);
      await over(all, finish);
      expect(box.events("http.failed")).toEqual([]);
      if ((start + size) % 500 === 0) tell(`  P4: ${start + size} of ${count} schedules`);
    }
  } finally {
    await box.stop();
  }
}

export async function run(scale: number): Promise<Outcome> {
  const count = share(2000, scale);
  await chunkSchedules(count);
  return {
    promise: "P4",
    what: "chunks in any order, repeated, damaged, past the end, with a kill between",
    target: "2 000 schedules, bytes equal",
    measured: `${count} schedules (seed ${seed}), every answer as the model says, all bytes equal at the end`,
    passed: true,
  };
}
