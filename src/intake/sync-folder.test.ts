import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inFolder } from "./archives.fixture.ts";
import { syncEach, syncFolderTree } from "./sync-folder.ts";

test("a tree is synced as a whole and file by file; a missing folder is an error, never a quiet success", () =>
  inFolder(async (folder) => {
    mkdirSync(join(folder, "a/b"), { recursive: true });
    writeFileSync(join(folder, "a/b/file"), "x");
    await syncFolderTree(folder);
    await syncEach(folder);
    await expect(syncFolderTree(join(folder, "none"))).rejects.toThrow("ENOENT");
  }));
