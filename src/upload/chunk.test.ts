import { afterEach, beforeEach, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase } from "../db/database.ts";
import { findFile, findUpload, insertFiles, insertUpload, type UploadFileRow, type UploadRow } from "../db/uploads.ts";
import { insertUser } from "../db/users.ts";
import { createChunkReceiver } from "./chunk.ts";
import { OpenRequests } from "./open-requests.ts";
import { createSpool, type Spool } from "./spool.ts";

const K = 4096;
const id = "11111111-1111-4111-8111-111111111111";
let folder: string;
let db: Database;
let spool: Spool;
/** Runs inside each chunk's transaction. */
let atCommit = () => {};
let whole: { size: number; sha256: string | undefined }[];
let opened: number[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-chunk-"));
  db = openDatabase(folder);
  const made = createSpool(folder, () => 0);
  opened = [];
  spool = {
    ...made,
    openReceived: (upload, file) => {
      const fd = made.openReceived(upload, file);
      opened.push(fd);
      return fd;
    },
  };
  atCommit = () => {};
  whole = [];
  insertUser(db.orm, { id: "user", username: "user", passwordHash: "", role: "clinician", createdAt: 0 });
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

function upload(filesDeclared = true): UploadRow {
  insertUpload(db.orm, {
    id,
    userId: "user",
    state: "receiving",
    serviceLevel: "routine",
    destinationIds: [],
    totalFiles: 1,
    totalSizeBytes: 2 * K,
    chunkSize: K,
    filesDeclared,
    createdAt: 0,
    lastTrafficAt: 0,
  });
  spool.create(id);
  return findUpload(db.orm, id) as UploadRow;
}
function file(values: Partial<UploadFileRow> = {}): UploadFileRow {
  insertFiles(db.orm, id, [{ fileId: "a", sizeBytes: 2 * K, state: "needed", ...values }]);
  return findFile(db.orm, id, "a") as UploadFileRow;
}
const receiver = (openRequests = new OpenRequests()) =>
  createChunkReceiver({
    db,
    spool,
    idleSeconds: () => 60,
    maxFileBytes: () => 100 * K,
    now: () => {
      atCommit();
      return { wall: 0, box: 0 };
    },
    openRequests,
    onWhole: ({ size, sha256 }) => void whole.push({ size, sha256 }),
  });
const request = (
  row: UploadRow,
  target: UploadFileRow,
  body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>,
) => ({
  upload: row,
  file: target,
  said: { fileId: "a", name: undefined, sizeBytes: undefined },
  firstChunk: 0,
  headers: { gzip: false, digests: [] },
  contentLength: 2 * K,
  body: body instanceof Uint8Array ? new Blob([body]).stream() : body,
  signal: new AbortController().signal,
});
const bytes = new Uint8Array(2 * K).fill(7);

test("a file that cannot be closed keeps no chunk claimed: the same chunk is answered at once", async () => {
  const [row, target] = [upload(), file()];
  const receive = receiver();
  await db.commit(() => {}); // the log is open, so that nothing takes the number of the file closed here
  atCommit = () => closeSync(opened.at(-1) as number); // so that the receiver's own close fails
  expect(await receive(request(row, target, bytes)).catch((error: { code: string }) => error.code)).toBe("EBADF");
  atCommit = () => {};
  expect(await receive(request(row, target, bytes))).toBe(1);
});

test("a request that only waits opens no file, and past the bound another one is refused until it ends", async () => {
  const [row, target] = [upload(), file()];
  const receive = receiver(new OpenRequests(1, 10));
  const waiting = new TransformStream<Uint8Array, Uint8Array>();
  const first = receive(request(row, target, waiting.readable));
  await expect(receive(request(row, target, bytes))).rejects.toMatchObject({ code: "too_many_requests" });
  expect(opened).toEqual([]);
  const writer = waiting.writable.getWriter();
  void writer.write(bytes);
  void writer.close();
  expect(await first).toBe(1);
  expect(await receive(request(row, target, bytes))).toBe(1);
  await expect(receive(request(row, target, bytes.slice(1)))).rejects.toMatchObject({ code: "chunk_out_of_range" });
  expect(await receive(request(row, target, bytes))).toBe(1); // a failed request ends as well
});

test("of a request past the bound nothing is kept, not even the file that it was the first to name", async () => {
  const row = upload(false);
  const target = file({ sizeBytes: null });
  await expect(receiver(new OpenRequests(0, 10))(request(row, target, bytes))).rejects.toMatchObject({
    code: "too_many_requests",
  });
  expect(findFile(db.orm, id, "a")).toBeUndefined();
});

test("chunks of a file that was delivered before are answered, neither written nor counted, and held to the same rules", async () => {
  const [row, target] = [upload(), file({ state: "already_delivered", receivedBytes: 2 * K })];
  const receive = receiver();
  expect(await receive(request(row, target, bytes))).toBe(1);
  await expect(receive(request(row, target, bytes.slice(1)))).rejects.toMatchObject({ code: "chunk_out_of_range" });
  expect(findFile(db.orm, id, "a")?.receivedBytes).toBe(2 * K);
  expect(existsSync(spool.path(id, spool.receivedFile(target.id)))).toBe(false);
});

test("what is needed is written and counted once", async () => {
  const [row, target] = [upload(), file()];
  const receive = receiver();
  for (let time = 0; time < 2; time++) expect(await receive(request(row, target, bytes))).toBe(1);
  expect(findFile(db.orm, id, "a")?.receivedBytes).toBe(2 * K);
  expect(new Uint8Array(readFileSync(spool.path(id, spool.receivedFile(target.id))))).toEqual(bytes);
});

test("that a file is whole is told once, with its digest where it came in one request", async () => {
  const [row, target] = [upload(), file()];
  const receive = receiver();
  for (let time = 0; time < 2; time++) await receive(request(row, target, bytes));
  expect(whole).toEqual([{ size: 2 * K, sha256: createHash("sha256").update(bytes).digest("hex") }]);
});

test("of a file that came in several requests no digest is told, of one that is not whole nothing", async () => {
  const [row, target] = [upload(), file()];
  const receive = receiver();
  const half = bytes.slice(K);
  await receive({ ...request(row, target, half), firstChunk: 1, contentLength: K });
  expect(whole).toEqual([]);
  await receive({ ...request(row, target, half), contentLength: K });
  expect(whole).toEqual([{ size: 2 * K, sha256: undefined }]);
});

test("of a file whose size nobody said a short last chunk tells the end", async () => {
  const row = upload(false);
  const target = file({ sizeBytes: null });
  const receive = receiver();
  const short = bytes.slice(0, 2 * K - 1);
  await receive({ ...request(row, target, short), contentLength: null });
  expect(whole).toEqual([{ size: 2 * K - 1, sha256: createHash("sha256").update(short).digest("hex") }]);
});
