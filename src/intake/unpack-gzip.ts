import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { decoded, type MemberFolder, type UnpackedMember } from "./member-folder.ts";
import { sniff } from "./sniff.ts";
import { unpackSevenZip } from "./unpack-7z.ts";

const PIECE = 128 * 1024;

/**
 * Unpacks a gzip: the one file in it or, where that is a tar, the tar's members. zlib checks length and CRC-32 (RFC 1952 2.3.1).
 * @throws ArchiveRefused, or the signal's reason
 */
export async function unpackGzip(
  archive: { readonly path: string; readonly name: string },
  folder: MemberFolder,
  signal: AbortSignal,
): Promise<UnpackedMember[]> {
  const inflated = pipeline(
    createReadStream(archive.path, { highWaterMark: PIECE, signal }),
    createGunzip({ chunkSize: PIECE }),
    // An error of either stream ends the loop over the second.
    () => undefined,
  );
  const member = await folder.write({ name: innerName(archive.name) }, decoded(inflated, signal));
  if ((await sniff(member.path)) !== "tar") return [member];
  const members = await unpackSevenZip("tar", [member.path], folder, signal);
  await rm(member.path);
  folder.budget.release(member.size);
  return members;
}

/** `study.tar.gz` holds `study.tar`; the name that the gzip itself may carry is not needed. */
function innerName(name: string): string {
  const file = name.replaceAll("\\", "/").split("/").at(-1) ?? name;
  return file.replace(/\.tgz$/i, ".tar").replace(/\.gz$/i, "") || file;
}
