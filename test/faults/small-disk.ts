import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program } from "../support/child.ts";

/** A file system in memory that can be filled to the last byte. */
export interface SmallDisk {
  readonly path: string;
  freeBytes(): number;
  /** Takes space until only so many bytes are left. */
  fill(leave: number): void;
  /** Gives all of it back. */
  clear(): void;
}

const [mount, umount] = [program("mount"), program("umount")];

function mounted(megabytes: number): string | null {
  if (process.getuid?.() !== 0 || mount === null || umount === null) return null;
  const path = mkdtempSync(join(tmpdir(), "relaypacs-disk-"));
  const { exitCode } = Bun.spawnSync([mount, "-t", "tmpfs", "-o", `size=${megabytes}m`, "relaypacs-test", path], {
    stderr: "ignore",
  });
  if (exitCode === 0) return path;
  rmdirSync(path);
  return null;
}

function unmount(path: string): void {
  Bun.spawnSync([umount ?? "umount", path], { stderr: "ignore" });
  rmdirSync(path);
}

/** Whether this machine lets a test mount a file system: root, and not every container. */
export const canMount: boolean = (() => {
  const path = mounted(1);
  if (path !== null) unmount(path);
  return path !== null;
})();

/** Runs with a disk of that size, which is gone afterwards. */
export async function onSmallDisk(megabytes: number, work: (disk: SmallDisk) => Promise<void>): Promise<void> {
  const path = mounted(megabytes);
  if (path === null) throw new Error("no file system can be mounted here");
  const filler = join(path, "filler");
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  };
  try {
    await work({
      path,
      freeBytes,
      fill: (leave) => {
        const fd = openSync(filler, "a");
        const zeros = Buffer.alloc(256 * 1024);
        try {
          for (let left = freeBytes() - leave; left > 0; left = freeBytes() - leave)
            writeSync(fd, zeros, 0, Math.min(left, zeros.length));
        } catch (error) {
          if ((error as { code?: unknown }).code !== "ENOSPC") throw error;
        } finally {
          closeSync(fd);
        }
      },
      clear: () => rmSync(filler, { force: true }),
    });
  } finally {
    unmount(path);
  }
}
