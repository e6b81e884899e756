import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadKeys } from "./keys.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-keys-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("keys are made once, for the box's own eyes, and are the same at the next start", async () => {
  const first = await loadKeys(folder);
  expect(readdirSync(join(folder, "keys")).sort()).toEqual(["hash.key", "signing.jwk"]);
  for (const name of ["hash.key", "signing.jwk"]) expect(statSync(join(folder, "keys", name)).mode & 0o777).toBe(0o600);
  const again = await loadKeys(folder);
  expect((await again.signing.current()).kid).toBe((await first.signing.current()).kid);
  expect(again.hashKey).toEqual(first.hashKey);
  expect(first.hashKey).toHaveLength(32);
});
