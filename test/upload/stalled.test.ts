import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { run } from "../cli/binary.ts";
import { type Box, startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import { chunkHead, newUser, oneFile, pattern, problemOf, put, rawRequest } from "./api.ts";

const K = 4096;
/** What one user may have open at once. */
const most = 256;
let box: Box;
beforeAll(async () => {
  box = await startBox();
});
afterAll(() => box.stop());

test("T24: chunk requests that stall are bounded per user, hold no file until a byte comes, and make room when they end", async () => {
  const [busy, calm] = [await newUser(box, "busy", "clinician"), await newUser(box, "calm", "clinician")];
  const opened = await busy.init(oneFile(K));
  const open = () => readdirSync(`/proc/${box.pid}/fd`).length;
  const before = open();
  const head = chunkHead(opened, 0, [`Content-Length: ${K}`]);
  const stalled = await Promise.all(Array.from({ length: most + 6 }, () => rawRequest(box.url, head)));
  const refused = () => stalled.filter(({ quiet }) => !quiet);
  await until("those past the bound to be answered", () => refused().length === 6);
  for (const raw of refused()) await problemOf(await raw.answer(), 429, "too_many_requests");
  expect(open() - before).toBeLessThan(most + 6 + 20); // a connection each, and no file

  const query = { file_id: "a", chunk_index: 0 };
  await problemOf(await put(box, opened, query, pattern(K)), 429, "too_many_requests");
  const other = await calm.init(oneFile(K));
  expect((await put(box, other, query, pattern(K))).status).toBe(200);
  expect((await busy.status(opened.upload_id)).state).toBe("receiving");

  for (const raw of stalled) raw.drop();
  await until("room again", async () => (await put(box, opened, query, pattern(K))).status === 200);
  expect((await busy.complete(opened)).status).toBe(200);
  expect(box.events("http.failed")).toEqual([]);
}, 30_000);

test("disabling a user ends chunk requests that are under way, and no one else's", async () => {
  const [leaver, other] = [await newUser(box, "leaver", "clinician"), await newUser(box, "other", "clinician")];
  const [theirs, mine] = [await leaver.init(oneFile(K)), await other.init(oneFile(K))];
  const head = (opened: typeof theirs) => chunkHead(opened, 0, [`Content-Length: ${K}`]);
  const [going, staying] = [await rawRequest(box.url, head(theirs)), await rawRequest(box.url, head(mine))];
  for (const raw of [going, staying]) raw.write(pattern(K / 2));
  expect((await run(["user", "disable", "leaver", "--config", box.configFile])).code).toBe(0);
  await problemOf(await going.answer(), 401, "unauthorized");
  expect(staying.quiet).toBe(true);
  staying.write(pattern(K).subarray(K / 2));
  expect((await staying.answer()).status).toBe(200);
  for (const raw of [going, staying]) raw.drop();
}, 30_000);
