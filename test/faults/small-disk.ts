import { closeSync, openSync, rmdirSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { loopDisk } from "../support/loop-disk.ts";
import { mountOnNewFolder, unmount } from "../support/mounted.ts";

export type SmallDiskKind = "tmpfs" | "ext4";

/** A file system that can be filled to the last byte. */
export interface SmallDisk {
  readonly path: string;
  freeBytes(): number;
  /** Takes space until only so many bytes are left. */
  fill(leave: number): void;
  /** Gives all of it back. */
  clear(): void;
}

const inMemory = (megabytes: number) => mountOnNewFolder(["-t", "tmpfs", "-o", `size=${megabytes}m`, "relaypacs-test"]);

/** Where a test can mount a file system, the kinds of it: root, and not every container. */
export const mountable: readonly SmallDiskKind[] = (() => {
  const path = inMemory(1);
  if (path === null) return [];
  gone(path);
  const loop = loopDisk("ext4", 16);
  loop?.remove();
  return loop === null ? ["tmpfs"] : ["tmpfs", "ext4"];
})();

function gone(path: string): void {
  unmount(path);
  rmdirSync(path);
}

function made(kind: SmallDiskKind, megabytes: number): { readonly path: string; remove(): void } | null {
  if (kind === "ext4") return loopDisk("ext4", megabytes);
  const path = inMemory(megabytes);
  return path === null ? null : { path, remove: () => gone(path) };
}

/** Runs with a disk of that size, which is gone afterwards. */
export async function onSmallDisk(
  kind: SmallDiskKind,
  megabytes: number,
  work: (disk: SmallDisk) => Promise<void>,
): Promise<void> {
  const disk = made(kind, megabytes);
  if (disk === null) throw new Error("no file system can be mounted here");
  const { path } = disk;
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
    disk.remove();
  }
}
