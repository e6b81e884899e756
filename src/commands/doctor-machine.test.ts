import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../core/config-schema.ts";
import { openDatabase } from "../db/database.ts";
import { compiler, copies, database, diskSync, openFiles } from "./doctor-machine.ts";

const folder = mkdtempSync(join(tmpdir(), "relaypacs-doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));
const config = (name: string) => ({ data_dir: join(folder, name), backup: { every_hours: 24, keep: 7 } }) as Config;

test.each([
  ["Max open files            1024                 4096                 files", false],
  ["Max open files            65536                65536                files", true],
  ["Max open files            unlimited            unlimited            files", true],
])("%s", (limits, ok) => expect(openFiles(limits).ok).toBe(ok));

test("a database is whole, not there yet, or damaged", () => {
  expect(database(config("none"))).toMatchObject({ ok: true, detail: "is made at the first start" });
  openDatabase(join(folder, "whole")).close();
  expect(database(config("whole"))).toMatchObject({ ok: true, detail: "is whole" });
  mkdirSync(join(folder, "damaged"));
  writeFileSync(
    join(folder, "damaged", "relaypacs.db"),
    "no database, and much longer than that it should be one".repeat(100),
  );
  expect(database(config("damaged"))).toMatchObject({ ok: false, detail: "is damaged" });
});

test("copies that were not made for two days are told", () => {
  expect(copies(config("none")).ok).toBe(true);
  const path = join(folder, "copied", "backups", "relaypacs-20260101T000000Z.backup");
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, "");
  const madeAt = Date.UTC(2026, 0, 1);
  expect(copies(config("copied"), madeAt + 48 * 3_600_000).ok).toBe(true);
  expect(copies(config("copied"), madeAt + 50 * 3_600_000)).toMatchObject({
    ok: false,
    detail: "the newest is 50 hours old",
  });
});

test("the disk's own speed is told, and leaves nothing behind", () => {
  expect(diskSync(config("whole"))).toMatchObject({
    name: "disk speed",
    detail: expect.stringMatching(/^a small write is safe after [\d.]+ ms$/),
  });
});

test("an engine that may not compile is told", async () => {
  expect(await compiler()).toMatchObject({ ok: true });
  const script = `const { compiler } = await import(${JSON.stringify(join(import.meta.dir, "doctor-machine.ts"))}); console.log((await compiler()).ok)`;
  const { stdout } = Bun.spawnSync([process.execPath, "-e", script], { env: { BUN_JSC_useJIT: "0" } });
  expect(stdout.toString()).toBe("false\n");
});
