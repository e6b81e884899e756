import { inFlight } from "../core/in-flight.ts";
import { closeRaw, openRaw, readRaw } from "./member-file.ts";
import type { MemberFolder, UnpackedMember } from "./member-folder.ts";
import { newPieces, type Pieces, storedBytes } from "./zip-stored.ts";

/** What 7zz lists of a file. */
export interface ListedFile {
  readonly name: string;
  readonly size: number;
  /** Stored as it was (method 0), neither packed nor a copy of another one. */
  readonly stored: boolean;
  /** CRC-32, where the archive has that. */
  readonly crc: number | null;
}

/** One block of a RAR: its header, and how many bytes of data lie behind it. */
interface Block {
  readonly headerBytes: number;
  readonly dataBytes: number;
  readonly kind: "file" | "end" | "other";
  /** A file's own: it goes on from or in another volume, or is a folder. */
  readonly partial: boolean;
  readonly folder: boolean;
}

/** A RAR with a longer header, or with more blocks than there may be entries, is left to 7zz. */
const MAX_HEADER = 4096;
const MAX_BLOCKS = 60_000;
const WINDOW = 64 * 1024;
/** Members under way at once. */
const AT_ONCE = 4;

/**
 * Writes the members of a RAR of one volume that only stores them, as they lie: out of 7zz's pipe their bytes go through the kernel
 * once more. Only their places are looked for here; what they are called and may be was listed by 7zz and checked before,
 * and each is held against its size and CRC-32.
 * @param files the listing, folders left out, in its order
 * @returns null, with nothing written, where the archive is not as plain as that
 * @throws ArchiveRefused archive_corrupt; the error of the operating system; the signal's reason
 */
export async function unpackStoredRar(
  path: string,
  type: "rar" | "rar5",
  files: readonly ListedFile[],
  folder: MemberFolder,
  signal: AbortSignal,
): Promise<UnpackedMember[] | null> {
  if (!files.every(({ stored, crc }) => stored && crc !== null)) return null;
  const fd = await openRaw(path, "r");
  const writing = inFlight(AT_ONCE);
  const spare: Pieces[] = [];
  try {
    const places = await placesOf(fd, type, files, signal);
    if (places === null) return null;
    const done: UnpackedMember[] = [];
    for (const [index, { name, size, crc }] of files.entries())
      await writing.begin(async () => {
        const pieces = spare.pop() ?? newPieces();
        const bytes = storedBytes(fd, places[index] ?? 0, size, pieces, signal);
        done[index] = await folder.write({ name, size, crc32: crc ?? 0 }, bytes);
        spare.push(pieces);
      });
    await writing.end();
    return done;
  } finally {
    await writing.settled();
    closeRaw(fd);
  }
}

const SIGNATURE_BYTES = { rar: 7, rar5: 8 } as const;
const READERS = { rar: readBlock4, rar5: readBlock5 } as const;

/** Where each file's bytes begin; null where the blocks are not exactly the listed files. */
async function placesOf(
  fd: number,
  type: "rar" | "rar5",
  files: readonly ListedFile[],
  signal: AbortSignal,
): Promise<number[] | null> {
  const places: number[] = [];
  const window = Buffer.alloc(WINDOW);
  let [from, until] = [0, 0];
  let at: number = SIGNATURE_BYTES[type];
  for (let blocks = 0; blocks < MAX_BLOCKS; blocks++) {
    signal.throwIfAborted();
    if (at + MAX_HEADER > until) [from, until] = [at, at + (await readRaw(fd, window, at))];
    const block = READERS[type](window.subarray(at - from, Math.min(until - from, at - from + MAX_HEADER)));
    // A RAR 4 may end without a block of its own; 7zz's listing has judged that.
    if (block === null || block.kind === "end") return places.length === files.length ? places : null;
    const data = at + block.headerBytes;
    if (block.kind === "file" && !block.folder) {
      if (block.partial || block.dataBytes !== files[places.length]?.size) return null;
      places.push(data);
    }
    at = data + block.dataBytes;
    if (!Number.isSafeInteger(at)) return null;
  }
  return null;
}

/** RAR 4: CRC 2, type 1, flags 2, size 2, then the size of the data where flag 0x8000 is set. */
function readBlock4(head: Buffer): Block | null {
  if (head.length < 7) return null;
  const [type, flags, headerBytes] = [head[2] ?? 0, head.readUInt16LE(3), head.readUInt16LE(5)];
  if (headerBytes < 7 || headerBytes > head.length) return null;
  const isFile = type === 0x74;
  if (isFile && headerBytes < 32) return null;
  if ((isFile || flags & 0x8000) && headerBytes < 11) return null;
  // A file's size goes on behind its fixed fields where it needs more than 32 bits (flag 0x100).
  const high = isFile && flags & 0x100 && headerBytes >= 40 ? head.readUInt32LE(32) * 2 ** 32 : 0;
  return {
    headerBytes,
    dataBytes: isFile || flags & 0x8000 ? head.readUInt32LE(7) + high : 0,
    kind: isFile ? "file" : type === 0x7b ? "end" : "other",
    partial: (flags & 0x03) !== 0,
    folder: (flags & 0xe0) === 0xe0,
  };
}

/** RAR 5: CRC 4, size of what follows, type, flags, then the sizes of the extra and data areas where flags 1 and 2 are set. */
function readBlock5(head: Buffer): Block | null {
  let at = 4;
  const number = () => {
    let value = 0;
    for (let scale = 1; at < head.length && scale < 2 ** 49; scale *= 128) {
      const byte = head[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  const size = number();
  const headerBytes = at + size;
  if (!(headerBytes <= head.length)) return null;
  const [type, flags] = [number(), number()];
  if (flags & 1) number();
  const dataBytes = flags & 2 ? number() : 0;
  const isFile = type === 2;
  const fileFlags = isFile ? number() : 0;
  if (Number.isNaN(type + flags + dataBytes + fileFlags)) return null;
  return {
    headerBytes,
    dataBytes,
    kind: isFile ? "file" : type === 5 ? "end" : "other",
    partial: (flags & 0x18) !== 0,
    folder: (fileFlags & 1) !== 0,
  };
}
