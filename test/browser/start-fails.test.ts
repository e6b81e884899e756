import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, startBrowser } from "../support/browser.ts";
import { freePort, until } from "../support/child.ts";

/** Programs that have this in their command line. */
const running = (words: string) =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(words);
      } catch {
        return false; // ended meanwhile
      }
    });

if (chromium !== null)
  test("a Chromium that cannot be connected to is ended, and leaves no folder", async () => {
    const parent = mkdtempSync(join(tmpdir(), "relaypacs-start-fails-"));
    try {
      let ran = 0;
      const nowhere = async () => {
        ran = running(parent).length;
        return await freePort();
      };
      await expect(startBrowser({ parent, reach: nowhere })).rejects.toThrow("ECONNREFUSED");
      expect(ran).toBeGreaterThan(0);
      expect(readdirSync(parent)).toEqual([]);
      await until("its helpers to have ended after it", () => running(parent).length === 0);
    } finally {
      rmSync(parent, { recursive: true, force: true });
    }
  }, 60_000);
