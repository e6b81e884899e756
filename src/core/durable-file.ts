import { closeSync, fsync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";

/** The system calls in use; tests put their own in front. */
const system = { openSync, writeSync, fsyncSync, renameSync, closeSync };

/**
 * Puts a small file on stable storage: temp name, sync, rename, sync of the folder. A cut leaves either no file (or the one
 * before) or a whole one, and what was whole when this returned stays (RELIABILITY fact 4).
 */
export function writeDurable(path: string, content: string, mode: number, calls = system): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const bytes = Buffer.from(content);
  synced(calls, calls.openSync(temporary, "w", mode), (fd) => {
    // A short write is no error for the system call (RELIABILITY fact 7).
    for (let done = 0; done < bytes.length; ) done += calls.writeSync(fd, bytes, done, bytes.length - done);
  });
  calls.renameSync(temporary, path);
  syncFolder(dirname(path), calls);
}

/** Makes new names in a folder survive a power cut. */
export function syncFolder(path: string, calls = system): void {
  synced(calls, calls.openSync(path, "r"));
}

const syncSoon = promisify(fsync);
/** The same beside the event loop. */
export async function syncFolderSoon(path: string): Promise<void> {
  const folder = openSync(path, "r");
  try {
    await syncSoon(folder);
  } finally {
    closeSync(folder);
  }
}

function synced(calls: typeof system, fd: number, work?: (fd: number) => void): void {
  try {
    work?.(fd);
    calls.fsyncSync(fd);
  } finally {
    calls.closeSync(fd);
  }
}
