import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ArchiveKind } from "./sniff.ts";
import { ArchiveRefused, UnpackBudget, type UnpackedMember, type UnpackLimits, unpack } from "./unpack.ts";

/** The limits as the configuration has them by default. */
export const usualLimits: UnpackLimits = {
  maxUnpackedBytes: 50 * 1024 ** 3,
  maxRatio: 200,
  maxEntries: 50_000,
  maxFileBytes: 10 * 1024 ** 3,
  reserve: () => undefined,
};

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), "relaypacs-unpack-"));

export interface Outcome {
  readonly members: readonly UnpackedMember[];
  /** The code it was refused with, or null. */
  readonly refused: string | null;
}

/** Unpacks and looks at what is left behind: only the members, or nothing. Errors other than a refusal pass. */
export async function tryUnpack(
  archive: { path: string; kind: ArchiveKind; name?: string; volumes?: { path: string }[] },
  into: string,
  budget: UnpackBudget = new UnpackBudget(usualLimits, Bun.file(archive.path).size),
  signal: AbortSignal = new AbortController().signal,
): Promise<Outcome> {
  const outcome = await unpack({ name: "archive", ...archive }, into, budget, signal).then(
    (members) => ({ members, refused: null }),
    (cause: unknown) => {
      if (cause instanceof ArchiveRefused) return { members: [], refused: cause.code };
      throw cause;
    },
  );
  const left = readdirSync(into).map((name) => join(into, name));
  const wanted = outcome.members.map(({ path }) => path);
  if (left.sort().join() !== wanted.sort().join()) throw new Error(`left behind: ${left.join()}`);
  return outcome;
}

/** Runs with a folder that is gone afterwards. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = temporaryFolder();
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
