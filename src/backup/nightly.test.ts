import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { loadKeys } from "../auth/keys.ts";
import { loadConfig } from "../core/config.ts";
import type { LogEvent } from "../core/log-events.ts";
import { openDatabase } from "../db/database.ts";
import { nightlyCopies, startNightlyCopies } from "./nightly.ts";

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "relaypacs-nightly-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const day = 24 * 3_600_000;
/** A copy, of which only the name counts. */
function copyOf(at: number): string {
  const stamp = new Date(at).toISOString().replace(/[-:]|\.\d+/g, "");
  const path = join(dataDir, "backups", `relaypacs-${stamp}.backup`);
  mkdirSync(join(dataDir, "backups"), { recursive: true });
  writeFileSync(path, "a copy");
  return path;
}

/** Starts the worker, and stops it once it has made a copy. */
async function oneMade(keep: number): Promise<void> {
  await loadKeys(dataDir);
  const db = openDatabase(dataDir);
  const defaults = loadConfig({ file: "relaypacs.toml", env: {}, readFile: () => "" });
  const config = { ...defaults, data_dir: dataDir, backup: { every_hours: 24, keep } };
  const { promise, resolve } = Promise.withResolvers<LogEvent>();
  const copies = startNightlyCopies({ db, config: () => config, configFile: null, log: { event: resolve } });
  try {
    expect(await promise).toBe("backup.made");
  } finally {
    await copies.stop();
    db.close();
  }
}

test("a copy that is dated in the future keeps no new one from being made, and goes before it", async () => {
  const [ahead, yesterday] = [copyOf(Date.now() + 300 * day), copyOf(Date.now() - 2 * day)];
  await oneMade(2);
  expect(existsSync(ahead)).toBe(false);
  expect(nightlyCopies(dataDir).map(({ path }) => path)).toEqual([expect.any(String), yesterday]);
});

test("a copy is as old as its name says: what was forgotten in it since makes it no newer", () => {
  const at = Math.floor(Date.now() / day) * day - day;
  const path = copyOf(at);
  utimesSync(path, new Date(), new Date());
  expect(nightlyCopies(dataDir)).toEqual([{ path, madeAt: at }]);
});

test("newest first, but those of a clock that was ahead last; other files are none", () => {
  const now = Date.UTC(2026, 0, 10);
  const made = [now - day, now + 1000, now + day, now - 2 * day].map(copyOf).map((path) => basename(path));
  writeFileSync(join(dataDir, "backups", "relaypacs-20260101T000000Z.backup.part"), "");
  const names = nightlyCopies(dataDir, now).map(({ path }) => basename(path));
  expect(names).toEqual([1, 0, 3, 2].map((index) => made[index] ?? ""));
});
