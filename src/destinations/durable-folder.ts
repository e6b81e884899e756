import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes what is just named in this folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Makes a folder with its parents, each new name synced in the folder that holds it. */
export async function durableFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o750 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}
