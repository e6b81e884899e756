import { open } from "node:fs/promises";
import { ArchiveRefused } from "./archive-refused.ts";
import type { MemberFolder, UnpackedMember } from "./member-folder.ts";
import { unpackSevenZip } from "./unpack-7z.ts";
import { unpackStoredRar } from "./unpack-rar-stored.ts";
import { readAt } from "./zip-end.ts";

const SIGNATURE_4 = Buffer.from("Rar!\x1a\x07\x00", "latin1");
const SIGNATURE_5 = Buffer.from("Rar!\x1a\x07\x01\x00", "latin1");

/** What the main header says: the format, and whether the file is one of several volumes. */
interface RarHead {
  readonly type: "rar" | "rar5";
  readonly isVolume: boolean;
}

/**
 * Unpacks a RAR and its further volumes.
 * @throws ArchiveRefused, or the signal's reason
 */
export async function unpackRar(
  paths: readonly string[],
  folder: MemberFolder,
  signal: AbortSignal,
): Promise<UnpackedMember[]> {
  const heads: RarHead[] = [];
  for (const path of paths) heads.push(await readHead(path));
  const type = heads[0]?.type ?? "rar5";
  if (paths.length === 1 || heads.every((head) => head.isVolume && head.type === type)) {
    const [only = ""] = paths;
    return await unpackSevenZip(type, paths, folder, signal, async (files) =>
      paths.length === 1 ? await unpackStoredRar(only, type, files, folder, signal) : null,
    );
  }
  if (heads.some((head) => head.isVolume)) throw new ArchiveRefused("archive_volume_missing");
  // Named like volumes, but each an archive of its own: opening the first alone would lose the others.
  const members: UnpackedMember[] = [];
  for (const [index, path] of paths.entries()) {
    members.push(...(await unpackSevenZip(heads[index]?.type ?? type, [path], folder, signal)));
  }
  return members;
}

async function readHead(path: string): Promise<RarHead> {
  const file = await open(path, "r");
  try {
    return rarHead(await readAt(file, 0, 128));
  } finally {
    await file.close();
  }
}

/** Reads the signature and the main archive header of RAR 4 (block type 0x73, flag 1) or RAR 5 (header type 1, archive flag 1). */
function rarHead(head: Buffer): RarHead {
  if (head.subarray(0, SIGNATURE_4.length).equals(SIGNATURE_4)) {
    return { type: "rar", isVolume: head[9] === 0x73 && ((head[10] ?? 0) & 1) !== 0 };
  }
  if (!head.subarray(0, SIGNATURE_5.length).equals(SIGNATURE_5)) throw new ArchiveRefused("archive_corrupt");
  // After the checksum: size, type, flags, sizes of the extra and data areas where the flags say so, archive flags.
  let at = SIGNATURE_5.length + 4;
  const number = () => {
    let value = 0;
    for (let shift = 0; at < head.length && shift < 35; shift += 7) {
      const byte = head[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  number();
  const type = number();
  const flags = number();
  if (flags & 1) number();
  if (flags & 2) number();
  return { type: "rar5", isVolume: type === 1 && (number() & 1) !== 0 };
}
