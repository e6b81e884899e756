import { isDiskFull } from "../core/disk-full.ts";
import { RelayError } from "../core/errors.ts";
import { ArchiveRefused } from "./archive-refused.ts";
import type { UnpackBudget } from "./limits.ts";
import { MemberFolder, type UnpackedMember } from "./member-folder.ts";
import type { ArchiveKind } from "./sniff.ts";
import { unpackSevenZip } from "./unpack-7z.ts";
import { unpackGzip } from "./unpack-gzip.ts";
import { unpackRar } from "./unpack-rar.ts";

export { type ArchiveErrorCode, ArchiveRefused } from "./archive-refused.ts";
export { UnpackBudget, type UnpackLimits } from "./limits.ts";
export type { UnpackedMember } from "./member-folder.ts";
export type { ArchiveKind } from "./sniff.ts";

/** An archive on the spool. */
export interface Archive {
  readonly path: string;
  readonly kind: ArchiveKind;
  /** As its sender names it. */
  readonly name: string;
  /** The further parts of a set, in order (`groupVolumes`). */
  readonly volumes?: readonly { readonly path: string }[];
}

type Unpacker = (archive: Archive, folder: MemberFolder, signal: AbortSignal) => Promise<UnpackedMember[]>;
const allParts = ({ path, volumes = [] }: Archive) => [path, ...volumes.map((volume) => volume.path)];

const unpackers: Readonly<Record<ArchiveKind, Unpacker>> = {
  zip: async ({ path }, folder, signal) => {
    const { unpackZip } = await import("./unpack-zip.ts"); // with its library, by the first that comes
    return unpackZip(path, folder, signal);
  },
  rar: (archive, folder, signal) => unpackRar(allParts(archive), folder, signal),
  "7z": (archive, folder, signal) =>
    unpackSevenZip(archive.volumes?.length ? "7z.split" : "7z", allParts(archive), folder, signal),
  tar: ({ path }, folder, signal) => unpackSevenZip("tar", [path], folder, signal),
  gzip: unpackGzip,
};

/**
 * Unpacks the regular files of an archive into a folder of its own, under running numbers. Archives in it stay closed:
 * call again with the same budget and another folder. Nothing is synced: `syncFolderTree` does that once for all.
 * Whatever is thrown, nothing stays in the folder.
 * @param into an existing, empty folder
 * @param budget one per outermost archive, shared with all that are nested in it
 * @throws ArchiveRefused; RelayError insufficient_storage where the disk is full; the signal's reason; what `reserve` throws
 */
export async function unpack(
  archive: Archive,
  into: string,
  budget: UnpackBudget,
  signal: AbortSignal,
): Promise<UnpackedMember[]> {
  const folder = new MemberFolder(into, budget);
  try {
    signal.throwIfAborted();
    if (archive.volumes?.length && archive.kind !== "rar" && archive.kind !== "7z") {
      // Opening the first alone would lose the others silently.
      throw new ArchiveRefused("archive_unsupported", "The files are named like parts of one archive, but are none.");
    }
    return await unpackers[archive.kind](archive, folder, signal);
  } catch (cause) {
    await folder.discard();
    throw isDiskFull(cause) ? new RelayError("insufficient_storage", undefined, { cause }) : cause;
  }
}
