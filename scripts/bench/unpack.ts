import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { installSevenZip, sevenZipPath } from "../../src/intake/seven-zip.ts";
import { syncFolderTree } from "../../src/intake/sync-folder.ts";
import { type ArchiveKind, UnpackBudget, unpack as unpackArchive } from "../../src/intake/unpack.ts";
import { sharedData } from "../../test/support/shared-data.ts";
import { inTurn, median, megabytes, ratio, seconds } from "./measure.ts";
import { ran } from "./programs.ts";
import { repeatRar5 } from "./repeat-rar.ts";
import type { Bench, Result } from "./result.ts";
import { makeStudy } from "./study.ts";
import { withFolder } from "./work-folder.ts";

const rounds = 5;
const generous = {
  maxUnpackedBytes: 2 ** 40,
  maxRatio: 10_000,
  maxEntries: 50_000,
  maxFileBytes: 2 ** 40,
  reserve: () => {},
};

/** Both sides end with everything on stable storage. */
async function compare(
  name: string,
  kind: ArchiveKind,
  path: string,
  bytes: number,
  least: number | null,
  folder: string,
): Promise<Result> {
  // What was unpacked stays until the end: ext4 passes over the inodes of files that were deleted a minute ago, one by one.
  const fresh = async (work: (into: string) => Promise<unknown>) => {
    const into = mkdtempSync(join(folder, "unpacked-"));
    return megabytes(bytes) / (await seconds(() => work(into)));
  };
  const speed = await inTurn(rounds, {
    ours: () =>
      fresh(async (into) => {
        const budget = new UnpackBudget(generous, Bun.file(path).size);
        await unpackArchive({ path, kind, name }, into, budget, new AbortController().signal);
        await syncFolderTree(into);
      }),
    "7zz": () =>
      fresh(async (into) => {
        await ran([sevenZipPath(), "x", "-y", `-o${into}`, path]);
        await ran(["sync", "-f", into]);
      }),
  });
  const of = `ours ${median(speed.ours).toFixed(0)} MB/s, 7zz ${median(speed["7zz"]).toFixed(0)} MB/s, ${megabytes(bytes).toFixed(0)} MB unpacked`;
  return {
    name: `unpack ${name}, against 7zz`,
    figure: ratio(speed.ours, speed["7zz"]),
    unit: "x",
    bound: least === null ? null : { least },
    of,
  };
}

export const unpack: Bench = {
  name: "unpack",
  run: (scale) =>
    withFolder(async (folder) => {
      await installSevenZip(join(folder, "bin"));
      const source = join(folder, "study");
      const { bytes } = makeStudy(source, Math.ceil(400 * scale));
      const pack = async (name: string, ...flags: string[]) => {
        const path = join(folder, name);
        await ran([sevenZipPath(), "a", ...flags, path, "."], { cwd: source });
        return path;
      };
      const deflated = await pack("deflated.zip", "-tzip", "-mx=1");
      const stored = await pack("stored.zip", "-tzip", "-mx=0");
      const results = [
        await compare("ZIP, deflated", "zip", deflated, bytes, 1, folder),
        await compare("ZIP, stored", "zip", stored, bytes, 1, folder),
      ];
      if (sharedData === null) return results;
      // Nothing free packs a RAR: the developers' own maker stores the members, and of WinRAR's own there are small ones to repeat.
      const stored5 = join(folder, "stored.rar");
      await ran(["python3", join(sharedData, "make_rar.py"), "--rar5", stored5, source]);
      const packed5 = join(folder, "packed.rar");
      const small = Math.ceil(10_000 * scale);
      repeatRar5(join(sharedData, "archives/rar-samples/rar5-crc.rar"), "stest1.txt", small, packed5);
      // What a large packed one takes is shown by what goes the same way: LZ77 and Huffman codes, out of 7zz's pipe.
      const solid = await pack("solid.7z", "-t7z", "-m0=Deflate", "-mx=1", "-ms=on");
      return [
        ...results,
        await compare("RAR, stored", "rar", stored5, bytes, 0.9, folder),
        await compare(`RAR, ${small} small members packed by WinRAR`, "rar", packed5, small * 2048, 0.9, folder),
        await compare("7z, solid, deflated", "7z", solid, bytes, null, folder),
      ];
    }),
};
