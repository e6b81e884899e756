import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program } from "./child.ts";

const [mount, umount] = [program("mount"), program("umount")];

/** Mounts on a fresh folder; null where this machine does not let a test do that. */
export function mountOnNewFolder(args: readonly string[]): string | null {
  if (process.getuid?.() !== 0 || mount === null || umount === null) return null;
  const path = mkdtempSync(join(tmpdir(), "relaypacs-disk-"));
  if (mountAt(path, args)) return path;
  rmdirSync(path);
  return null;
}

export const mountAt = (path: string, args: readonly string[]): boolean =>
  Bun.spawnSync([mount ?? "mount", ...args, path], { stderr: "ignore" }).exitCode === 0;

/** Takes it out of the tree at once; a file system still in use goes once its last user does. */
export const unmount = (path: string): void =>
  void Bun.spawnSync([umount ?? "umount", "-l", path], { stderr: "ignore" });
