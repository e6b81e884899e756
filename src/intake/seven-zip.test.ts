import { expect, test } from "bun:test";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inFolder } from "./archives.fixture.ts";
import { installSevenZip, sevenZipPath } from "./seven-zip.ts";

test("7zz is installed under its hash, mode 0500, runs from there, and a damaged copy is replaced", async () => {
  const before = sevenZipPath();
  await inFolder(async (folder) => {
    const path = await installSevenZip(join(folder, "bin"));
    const bytes = readFileSync(path);
    expect(path).toMatch(/\/7zz-[0-9a-f]{16}$/);
    expect(statSync(path).mode & 0o777).toBe(0o500);
    expect(sevenZipPath()).toBe(path);
    expect(Bun.spawnSync([path], { env: {} }).stdout.toString()).toContain("7-Zip");

    chmodSync(path, 0o700);
    writeFileSync(path, "damaged");
    expect(await installSevenZip(join(folder, "bin"))).toBe(path);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(readdirSync(join(folder, "bin"))).toHaveLength(1);
  });
  // The installed one is gone with its folder: the packaged one serves again.
  expect(sevenZipPath()).toBe(before);
});
