import { closeSync, ftruncateSync, mkdtempSync, openSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program } from "./child.ts";
import { mountAt, mountOnNewFolder, unmount } from "./mounted.ts";

export type FileSystem = "ext4" | "xfs";

/** A disk of its own: a file with a real file system in it, mounted through a loop device. */
export interface LoopDisk {
  readonly path: string;
  /**
   * A power cut as its user meets it: the program and all its children stop where they are, what the file system did not
   * have on stable storage is gone, the program is gone, and the disk is there again.
   */
  cut(pid: number): void;
  remove(): void;
}

const xfsIo = program("xfs_io");
const makers: Record<FileSystem, readonly [string | null, ...string[]]> = {
  ext4: [program("mkfs.ext4"), "-q", "-F", "-m", "0"],
  xfs: [program("mkfs.xfs"), "-q", "-f"],
};
const smallest: Record<FileSystem, number> = { ext4: 16, xfs: 320 };

/** @returns null where this machine lacks the programs, the rights or the loop devices */
export function loopDisk(kind: FileSystem, megabytes: number): LoopDisk | null {
  const [maker, ...options] = makers[kind];
  if (maker === null) return null;
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-loop-"));
  let image = join(folder, "image0");
  const fd = openSync(image, "w");
  ftruncateSync(fd, megabytes * 1024 * 1024); // takes no space until it is written
  closeSync(fd);
  const made = Bun.spawnSync([maker, ...options, image], { stdout: "ignore", stderr: "ignore" }).exitCode === 0;
  const args = () => ["-t", kind, "-o", kind === "xfs" ? "loop,nouuid" : "loop", image];
  const path = made ? mountOnNewFolder(args()) : null;
  if (path === null) {
    rmSync(folder, { recursive: true });
    return null;
  }
  let cuts = 0;
  return {
    path,
    cut: (pid) => {
      const tree = treeOf(pid);
      for (const one of tree) process.kill(one, "SIGSTOP");
      // Without -f: what is in memory is not written first. Works for ext4 as well (-x: foreign file systems).
      const shut = Bun.spawnSync([xfsIo ?? "xfs_io", "-x", "-c", "shutdown", path], { stderr: "pipe" });
      for (const one of tree) process.kill(one, "SIGKILL");
      if (shut.exitCode !== 0) throw new Error(`no power cut: ${shut.stderr.toString()}`);
      unmount(path);
      // Mounted from a copy: as long as anything, a thread that ends or another namespace, holds the dead file system, mounting
      // the same image would bring that one back.
      const [old, next] = [image, join(folder, `image${++cuts}`)];
      Bun.spawnSync(["cp", "--sparse=always", old, next]);
      image = next;
      rmSync(old);
      if (!mountAt(path, args())) throw new Error("the disk did not come back after the power cut");
    },
    remove: () => {
      unmount(path);
      rmdirSync(path);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Whether this machine lets a test cut a disk of this kind off: root, loop devices, e2fsprogs and xfsprogs. */
export function canCut(kind: FileSystem): boolean {
  const disk = xfsIo === null ? null : loopDisk(kind, smallest[kind]);
  disk?.remove();
  return disk !== null;
}

function parentOf(pid: number): number | null {
  try {
    // The name in parentheses may hold anything (proc(5)).
    return Number((readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1) ?? "").split(" ")[1]);
  } catch {
    return null; // it has just ended
  }
}

/** A process and everything below it. */
function treeOf(root: number): number[] {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), parentOf(Number(name))] as const),
  );
  const below = (pid: number): number[] => [
    pid,
    ...[...parents].filter(([, parent]) => parent === pid).flatMap(([child]) => below(child)),
  ];
  return below(root);
}
