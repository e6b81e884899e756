import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSpool } from "./spool.ts";

let folder: string;
let ballast: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-spool-"));
  ballast = join(folder, "ballast");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("other work goes on while the ballast is laid, and it has its name only when it is whole", async () => {
  const spool = createSpool(folder, () => 0);
  const laying = spool.layBallast();
  expect(existsSync(ballast)).toBe(false);
  let done = false;
  let turns = 0;
  void laying.then(() => {
    done = true;
  });
  while (!done) {
    await new Promise((resolve) => setImmediate(resolve));
    turns += 1;
  }
  expect(turns).toBeGreaterThan(5); // 64 writes and a sync: the loop was free between them
  const { blocks, bsize } = statfsSync(folder);
  expect(statSync(ballast).size).toBe(Math.min(64 * 1024 * 1024, Math.floor((blocks * bsize) / 20)));
  expect(readdirSync(folder).sort()).toEqual(["ballast", "spool"]);
});

test("a ballast that is given up while it is laid stays given up", async () => {
  const spool = createSpool(folder, () => 0);
  const laying = spool.layBallast();
  while (!existsSync(`${ballast}.tmp`)) await new Promise((resolve) => setImmediate(resolve));
  spool.releaseBallast();
  await laying;
  expect(readdirSync(folder)).toEqual(["spool"]);
});

test("what a kill left of one is laid anew", async () => {
  writeFileSync(`${ballast}.tmp`, "half");
  await createSpool(folder, () => 0).layBallast();
  expect(readdirSync(folder).sort()).toEqual(["ballast", "spool"]);
});

test("where there is no room there is no ballast", async () => {
  await createSpool(folder, () => Number.MAX_SAFE_INTEGER).layBallast();
  expect(readdirSync(folder)).toEqual(["spool"]);
});

test("says whether a byte reaches the disk; a full one does its work", async () => {
  const spool = createSpool(folder, () => 0);
  expect(await spool.takesWrites()).toBe(true);
  rmSync(join(folder, "spool", "probe"));
  mkdirSync(join(folder, "spool", "probe"));
  expect(await spool.takesWrites()).toBe(false);
  rmSync(join(folder, "spool", "probe"), { recursive: true });
  symlinkSync("/dev/full", join(folder, "spool", "probe"));
  expect(await spool.takesWrites()).toBe(true);
});
