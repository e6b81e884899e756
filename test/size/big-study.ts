import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sevenZipPath } from "../../src/intake/seven-zip.ts";
import type { SendFile } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { sharedData } from "../support/shared-data.ts";

/** A large study on disk; its files are mapped, so that sending it costs the test no memory. */
export interface BigStudy {
  readonly files: SendFile[];
  /** The same files as one ZIP, stored. */
  readonly zip: SendFile;
  readonly bytes: number;
  remove(): void;
}

/** CT slices of 512 x 512 in four series: about half a megabyte each. */
export function bigStudy(slices: number): BigStudy {
  return onDisk((folder) => {
    if (makeStudy(folder, ["--slices", String(slices), "--series", "4"])) return;
    for (let n = 0; n < slices; n++)
      writeFileSync(
        join(folder, `IM${n}.dcm`),
        madeBytes({ series: `2.25.9.${n % 4}`, pixels: 500_000, fill: n % 256 }),
      );
  });
}

/** One multi-frame object. */
export function bigInstance(megabytes: number): BigStudy {
  return onDisk((folder) => {
    if (makeStudy(folder, ["--slices", "0", "--multiframe-mb", String(megabytes)])) return;
    writeFileSync(join(folder, "MF.dcm"), madeBytes({ pixels: megabytes * 1_048_576 }));
  });
}

/** The developers' own maker of studies, where it lies beside the checkout. */
function makeStudy(folder: string, options: readonly string[]): boolean {
  if (sharedData === null) return false;
  const command = [process.execPath, join(sharedData, "make-study.mjs"), "--out", folder, "--quiet", ...options];
  const made = Bun.spawnSync(command, { stdout: "ignore", stderr: "pipe" });
  if (made.exitCode !== 0) throw new Error(made.stderr.toString());
  return true;
}

function onDisk(make: (folder: string) => void): BigStudy {
  const root = mkdtempSync(join(tmpdir(), "relaypacs-big-"));
  const study = join(root, "study");
  mkdirSync(study);
  make(study);
  const mapped = (name: string, path: string): SendFile => ({ name, bytes: Bun.mmap(path) });
  const names = readdirSync(study, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".dcm"));
  const files = names.sort().map((name) => mapped(name, join(study, name)));
  return {
    files,
    get zip() {
      const path = join(root, "study.zip");
      const packed = Bun.spawnSync([sevenZipPath(), "a", "-tzip", "-mx=0", path, "."], {
        cwd: study,
        stdout: "ignore",
      });
      if (packed.exitCode !== 0) throw new Error("the ZIP could not be made");
      return mapped("study.zip", path);
    },
    bytes: files.reduce((sum, { bytes }) => sum + bytes.length, 0),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
