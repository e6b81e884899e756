import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockDataFolder } from "./lock.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-lock-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Tries to take the folder from a process of its own: a process never stands in its own way. */
const elsewhere = (): string =>
  Bun.spawnSync(
    [
      process.execPath,
      "-e",
      `const { lockDataFolder } = await import(${JSON.stringify(join(import.meta.dir, "lock.ts"))});
       try { lockDataFolder(${JSON.stringify(folder)}); console.info("taken"); } catch (error) { console.info(error.name); }`,
    ],
    { stdout: "pipe" },
  )
    .stdout.toString()
    .trim();

test("one process has the folder, until it lets go or ends", () => {
  const lock = lockDataFolder(folder);
  expect(elsewhere()).toBe("DatabaseError");
  lock.release();
  expect(elsewhere()).toBe("taken");
  lockDataFolder(folder).release();
  // Nothing is written: a full disk does not keep a box from starting.
  expect(statSync(join(folder, "relaypacs.lock")).size).toBe(0);
}, 15_000);
