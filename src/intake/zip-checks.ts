import type { File as ZipEntry } from "unzipper";
import { type ArchiveErrorCode, ArchiveRefused } from "./archive-refused.ts";
import { decodeName, isUnsafeName } from "./member-names.ts";
import type { ZipEnd } from "./zip-end.ts";

/** A regular file of a ZIP and the room its local header and data have until the next one begins. */
export interface PlacedEntry {
  readonly entry: ZipEntry;
  readonly name: string;
  /** Bytes from its local header to whatever comes next. */
  readonly room: number;
  /** Nothing but the central directory comes next. */
  readonly last: boolean;
}

export const LOCAL_HEADER = 30;
const CENTRAL_HEADER = 46;
const LOCAL_SIGNATURE = 0x04034b50;
const CENTRAL_SIGNATURE = 0x02014b50;

/** Compression methods (APPNOTE.TXT 4.4.5): unzipper opens the first two, 7zz the others. */
export const INFLATED: readonly number[] = [0, 8];
const BY_SEVEN_ZIP: readonly number[] = [1, 6, 9, 12, 14, 93, 95, 98];
const AES = 99;

/** Bit 0: encrypted, 6: strong encryption, 13: the directory itself (APPNOTE.TXT 4.4.4). */
const ENCRYPTED_FLAGS = 0x2041;
/** Types of a Unix mode that are neither file nor folder: FIFO, character and block device, link, socket. */
const SPECIAL_TYPES: readonly number[] = [0o010000, 0o020000, 0o060000, 0o120000, 0o140000];
const fileType = (entry: ZipEntry) => (entry.externalFileAttributes >>> 16) & 0o170000;
const nameOf = (entry: ZipEntry) => decodeName(Buffer.from(entry.pathBuffer));

/** What an entry is refused for, by its directory record alone; the first that fits. */
const RULES: readonly (readonly [ArchiveErrorCode, (entry: ZipEntry) => boolean])[] = [
  ["archive_encrypted", (entry) => (entry.flags & ENCRYPTED_FLAGS) !== 0 || entry.compressionMethod === AES],
  ["archive_link", (entry) => SPECIAL_TYPES.includes(fileType(entry))],
  ["archive_unsafe_path", (entry) => isUnsafeName(nameOf(entry))],
  ["archive_volume_missing", (entry) => entry.diskNumber !== 0 && entry.diskNumber !== 0xffff],
  ["archive_unsupported", (entry) => ![...INFLATED, ...BY_SEVEN_ZIP].includes(entry.compressionMethod)],
  ["archive_corrupt", (entry) => !plausible(entry)],
];

/** Sizes that can be: whole numbers, equal where stored, at most 1032 to 1 where deflated (RFC 1951 3.2.5: 258 bytes from 2 bits). */
function plausible({
  compressedSize,
  uncompressedSize,
  offsetToLocalFileHeader,
  compressionMethod,
}: ZipEntry): boolean {
  if (![compressedSize, uncompressedSize, offsetToLocalFileHeader].every(Number.isSafeInteger)) return false;
  if (compressionMethod === 0) return compressedSize === uncompressedSize;
  return compressionMethod !== 8 || uncompressedSize <= compressedSize * 1032;
}

/** The directory must be exactly what its end record says: a smaller count would lose files silently. @throws ArchiveRefused */
export function checkDirectory(entries: readonly ZipEntry[], end: ZipEnd): void {
  const length = entries.reduce(
    (sum, entry) => sum + CENTRAL_HEADER + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength,
    0,
  );
  const signed = entries.every((entry) => entry.signature === CENTRAL_SIGNATURE);
  if (!signed || length !== end.directorySize || entries.length !== end.records) {
    throw new ArchiveRefused("archive_corrupt");
  }
}

/**
 * Holds every entry against the rules and each other.
 * @param front the file's first four bytes
 * @returns the regular files in directory order
 * @throws ArchiveRefused
 */
export function checkEntries(entries: readonly ZipEntry[], end: ZipEnd, front: Buffer): PlacedEntry[] {
  for (const entry of entries) {
    const broken = RULES.find(([, applies]) => applies(entry));
    if (broken) throw new ArchiveRefused(broken[0]);
  }
  const rooms = roomsOf(entries, end);
  checkFront(entries, end, front);
  return entries.flatMap((entry) => (isFolder(entry) ? [] : [{ entry, name: nameOf(entry), ...roomIn(rooms, entry) }]));
}

type Room = Pick<PlacedEntry, "room" | "last">;
const roomIn = (rooms: ReadonlyMap<ZipEntry, Room>, entry: ZipEntry): Room =>
  rooms.get(entry) ?? { room: 0, last: true };

/** Members may touch but not overlap: overlapping ones open to any size without nesting (Fifield 2019). */
function roomsOf(entries: readonly ZipEntry[], end: ZipEnd): Map<ZipEntry, Room> {
  const ordered = [...entries].sort((a, b) => a.offsetToLocalFileHeader - b.offsetToLocalFileHeader);
  const rooms = new Map<ZipEntry, Room>();
  ordered.forEach((entry, index) => {
    const next = ordered[index + 1]?.offsetToLocalFileHeader;
    const limit = end.directoryStart - end.shift;
    const least = LOCAL_HEADER + entry.fileNameLength + entry.compressedSize;
    if (entry.offsetToLocalFileHeader + least > limit) throw new ArchiveRefused("archive_corrupt");
    const room = (next ?? limit) - entry.offsetToLocalFileHeader;
    if (least > room) throw new ArchiveRefused("archive_bomb", "Files in the archive share the same bytes.");
    rooms.set(entry, { room, last: next === undefined });
  });
  return rooms;
}

/** A file that begins with a member must list it: else it is two archives in one, or one cut short behind an inner one. */
function checkFront(entries: readonly ZipEntry[], end: ZipEnd, front: Buffer): void {
  if (front.length < 4 || front.readUInt32LE(0) !== LOCAL_SIGNATURE) return;
  const listed = end.shift === 0 && entries.some((entry) => entry.offsetToLocalFileHeader === 0);
  if (!listed) throw new ArchiveRefused("archive_corrupt");
}

/** A folder by its name or its attributes (DOS bit 4), as long as it holds no bytes: nothing is lost for its name. */
function isFolder(entry: ZipEntry): boolean {
  const named = /[/\\]$/.test(nameOf(entry)) || fileType(entry) === 0o040000;
  return entry.uncompressedSize === 0 && (named || (entry.externalFileAttributes & 0x10) !== 0);
}

/**
 * The local header must name the same member and leave its data inside the member's room (APPNOTE.TXT 4.3.7).
 * @param local at least the header and its name
 * @returns the local header's length in bytes
 * @throws ArchiveRefused
 */
export function checkLocalHeader(local: Buffer, { entry, room, last }: PlacedEntry): number {
  if (local.length < LOCAL_HEADER || local.readUInt32LE(0) !== LOCAL_SIGNATURE) {
    throw new ArchiveRefused("archive_corrupt");
  }
  const nameLength = local.readUInt16LE(26);
  const localName = decodeName(local.subarray(LOCAL_HEADER, LOCAL_HEADER + nameLength));
  if (isUnsafeName(localName)) throw new ArchiveRefused("archive_unsafe_path");
  if (localName.replaceAll("\\", "/") !== nameOf(entry).replaceAll("\\", "/")) {
    throw new ArchiveRefused("archive_corrupt", "The archive gives one file two names.");
  }
  const length = LOCAL_HEADER + nameLength + local.readUInt16LE(28);
  if (length + entry.compressedSize > room) throw new ArchiveRefused(last ? "archive_corrupt" : "archive_bomb");
  return length;
}
