import { mkdtemp, rm, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ArchiveRefused } from "./archive-refused.ts";
import type { DeclaredMember, MemberFolder, UnpackedMember } from "./member-folder.ts";
import {
  checkListed,
  crcOf,
  goesOn,
  isFolder,
  isStored,
  type ListedEntry,
  nameOf,
  readListing,
  sizeOf,
} from "./seven-zip-list.ts";
import { runSevenZip, type SevenZipType } from "./seven-zip-run.ts";
import type { ListedFile } from "./unpack-rar-stored.ts";
import { volumeNames } from "./volumes.ts";

/**
 * Unpacks RAR, 7z or tar by 7zz: lists, checks every entry, then takes the members' bytes from its stdout in the order of the list.
 * 7zz writes nothing itself, so no name, link or device of the archive ever meets the file system.
 * @param volumes the archive, and in order its further volumes
 * @param shortcut takes the members out without 7zz where it can; null, and nothing written, where it cannot
 * @throws ArchiveRefused, or the signal's reason
 */
export async function unpackSevenZip(
  type: SevenZipType,
  volumes: readonly string[],
  folder: MemberFolder,
  signal: AbortSignal,
  shortcut: (members: readonly ListedFile[]) => Promise<UnpackedMember[] | null> = async () => null,
): Promise<UnpackedMember[]> {
  return await placed(type, volumes, folder.folder, async (work, first) => {
    const members = await list(runSevenZip("list", type, work, first, signal), folder);
    folder.budget.expect(members.map(({ size }) => size));
    const taken = await shortcut(members);
    return taken ?? (await split(runSevenZip("extract", type, work, first, signal), members, folder));
  });
}

/** The regular files of a listing, each entry checked. @throws ArchiveRefused */
async function list(source: AsyncIterable<Uint8Array>, folder: MemberFolder): Promise<ListedFile[]> {
  const members: ListedFile[] = [];
  let last: ListedEntry | null = null;
  try {
    for await (const entry of readListing(source)) {
      folder.budget.countEntries(1);
      checkListed(entry, last === null);
      if (!isFolder(entry))
        members.push({ name: nameOf(entry), size: sizeOf(entry), stored: isStored(entry), crc: crcOf(entry) });
      last = entry;
    }
  } catch (cause) {
    // A listing that ends inside a member which goes on in the next volume: 7zz fails without a word.
    const damaged = cause instanceof ArchiveRefused && cause.code === "archive_corrupt";
    throw damaged && last !== null && goesOn(last) ? new ArchiveRefused("archive_volume_missing") : cause;
  }
  return members;
}

/** Takes members that are already listed and checked out of an archive. @throws ArchiveRefused */
export async function extractInOrder(
  type: SevenZipType,
  volumes: readonly string[],
  members: readonly DeclaredMember[],
  folder: MemberFolder,
  signal: AbortSignal,
): Promise<UnpackedMember[]> {
  return await placed(type, volumes, folder.folder, (work, first) =>
    split(runSevenZip("extract", type, work, first, signal), members, folder),
  );
}

/** Gives the volumes fixed names in a folder of their own: 7zz sees no name of the sender's and no neighbour. */
async function placed<T>(
  type: SevenZipType,
  volumes: readonly string[],
  folder: string,
  use: (work: string, first: string) => Promise<T>,
): Promise<T> {
  const work = await mkdtemp(join(folder, ".7zz-"));
  try {
    const names = volumeNames(volumes.length, type === "7z.split");
    for (const [index, volume] of volumes.entries()) {
      for (const name of names[index] ?? []) await symlink(resolve(volume), join(work, name));
    }
    return await use(work, names[0]?.[0] ?? "");
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Cuts one stream of bytes into members by their sizes. It must end where the last one does. */
async function split(
  source: AsyncGenerator<Uint8Array, void, undefined>,
  members: readonly DeclaredMember[],
  folder: MemberFolder,
): Promise<UnpackedMember[]> {
  let rest: Uint8Array = new Uint8Array();
  /** @returns false at the end */
  async function pull(): Promise<boolean> {
    const next = await source.next();
    if (!next.done) rest = next.value;
    return next.done !== true;
  }
  async function* take(size: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let left = size; left > 0; ) {
      if (rest.length === 0 && !(await pull())) return;
      const piece = rest.subarray(0, left);
      rest = rest.subarray(piece.length);
      left -= piece.length;
      if (piece.length > 0) yield piece;
    }
  }
  try {
    const done: UnpackedMember[] = [];
    for (const member of members) {
      const { size = 0 } = member;
      if (size > 0 && rest.length === 0) await pull();
      if (size > 0 && size <= rest.length) {
        // At most a piece of the pipe: while the next one is waited for, others have their turn.
        done.push(folder.writeWhole(member, rest.subarray(0, size)));
        rest = rest.subarray(size);
      } else done.push(await folder.write(member, take(size)));
    }
    // Only the exit code says that every checksum was right.
    if (rest.length > 0 || !(await source.next()).done) throw new ArchiveRefused("archive_corrupt");
    return done;
  } finally {
    await source.return();
  }
}
