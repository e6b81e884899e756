import { afterEach, beforeEach, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planFiles, planKey, sha256Of, wireName } from "./plan.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-plan-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A path below the folder, each letter one byte. */
const latin = (path: string) => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, "latin1")]);
const names = () => planFiles([folder]).map(({ name }) => name.slice(name.indexOf("/") + 1));

test("names that are not UTF-8 are found, decoded and read", async () => {
  mkdirSync(latin("M\xfcller"));
  writeFileSync(latin("M\xfcller/Sch\xe4del.dcm"), "one");
  writeFileSync(join(folder, "M\u00fcller.dcm"), "two"); // this one is UTF-8
  writeFileSync(join(folder, "plain.dcm"), "three");
  expect(names()).toEqual(["M\u00fcller.dcm", "M\u00fcller/Sch\u00e4del.dcm", "plain.dcm"]);
  const hashes = await Promise.all(planFiles([folder]).map(({ path }) => sha256Of(path)));
  expect(hashes).toEqual(["two", "one", "three"].map((text) => createHash("sha256").update(text).digest("hex")));
});

test("names that look alike once they are decoded stay two files", () => {
  writeFileSync(latin("\xe4"), "latin");
  writeFileSync(join(folder, "\u00e4"), "utf-8");
  expect(names()).toEqual(["\u00e4", "\u00e4"]);
  const [one, two] = planFiles([folder]);
  if (one === undefined || two === undefined) throw new Error("a file is missing");
  const renamed = { ...one, path: two.path };
  expect(planKey([one], null)).not.toBe(planKey([renamed], null));
});

test.each([
  ["a/../b", "a/__/b"],
  ["../../b", "__/__/b"],
  ["a\\..\\b", "a\\__\\b"],
  ["a..b/...", "a..b/..."],
  ["a\nb\u202e", "a_b_"],
  [`x../${"b".repeat(1021)}`, `__/${"b".repeat(1021)}`],
  ["\u00e9".repeat(600), "\u00e9".repeat(512)],
])("%j goes as a name that the server takes", (name, sent) => {
  expect(wireName(name)).toBe(sent);
});

test("a large file is hashed whole", async () => {
  const bytes = Buffer.alloc(2_500_000, "0123456789");
  writeFileSync(join(folder, "large"), bytes);
  const [large] = planFiles([folder]);
  expect(await sha256Of(large?.path ?? Buffer.alloc(0))).toBe(createHash("sha256").update(bytes).digest("hex"));
});

test("a file that is named twice is sent once", () => {
  writeFileSync(join(folder, "a"), "");
  expect(planFiles([folder, join(folder, "a")])).toHaveLength(1);
});
