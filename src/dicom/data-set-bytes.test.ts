import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashInstance, sameDataSet } from "./data-set-bytes.ts";

const dataSet = Buffer.alloc(2_500_001, "data set ");
const changed = Buffer.from(dataSet);
changed[2_400_000] = 0;
let folder = "";

const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relaypacs-bytes-"));
  await writeFile(file("a"), Buffer.concat([Buffer.alloc(10, 1), dataSet]));
  await writeFile(file("large"), "");
  await writeFile(file("b"), Buffer.concat([Buffer.alloc(300, 2), dataSet]));
  await writeFile(file("changed"), Buffer.concat([Buffer.alloc(10, 1), changed]));
  await writeFile(file("longer"), Buffer.concat([Buffer.alloc(10, 1), dataSet, Buffer.alloc(1)]));
});
afterAll(() => rm(folder, { recursive: true }));

const sha256 = (...pieces: readonly Uint8Array[]): string =>
  createHash("sha256").update(Buffer.concat(pieces)).digest("hex");

test("the hash is that of the file, or of the new head and the data set", async () => {
  expect(await hashInstance(file("a"), null, 10)).toBe(sha256(Buffer.alloc(10, 1), dataSet));
  expect(await hashInstance(file("a"), Buffer.from("head"), 10)).toBe(sha256(Buffer.from("head"), dataSet));
});

test("hashing lets others run", async () => {
  let turns = 0;
  let hashing = true;
  const turn = (): void => {
    turns++;
    if (hashing) setImmediate(turn);
  };
  setImmediate(turn);
  // Large enough that its pieces cannot all be there before the loop turns once.
  await truncate(file("large"), 64 * 1024 * 1024);
  await hashInstance(file("large"), null, 0);
  hashing = false;
  expect(turns).toBeGreaterThan(0);
});

test("data sets are the same whatever stands before them", async () => {
  const a = { path: file("a"), dataSetOffset: 10 };
  expect(await sameDataSet(a, { path: file("b"), dataSetOffset: 300 })).toBe(true);
  expect(await sameDataSet(a, { path: file("changed"), dataSetOffset: 10 })).toBe(false);
  expect(await sameDataSet(a, { path: file("longer"), dataSetOffset: 10 })).toBe(false);
});
