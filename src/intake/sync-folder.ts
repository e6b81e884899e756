import { open, readdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * Puts everything below a folder on stable storage, once for thousands of files: syncfs(2) through `sync -f`,
 * and file by file where that is missing or fails.
 */
export async function syncFolderTree(folder: string): Promise<void> {
  // Nothing came out of archives: `sync -f` would wait for whatever else this file system has to write.
  if ((await readdir(folder)).length === 0) return;
  if (!(await syncFileSystem(folder))) await syncEach(folder);
}

async function syncFileSystem(folder: string): Promise<boolean> {
  try {
    const child = Bun.spawn(["sync", "-f", folder], { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
    return (await child.exited) === 0;
  } catch {
    return false;
  }
}

/** Each file, then its folder: a new file's name is kept by the folder's own fsync only. */
export async function syncEach(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncEach(path);
    else if (entry.isFile()) await sync(path);
  }
  await sync(folder);
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
