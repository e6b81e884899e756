import type { FileHandle } from "node:fs/promises";
import { ArchiveRefused } from "./archive-refused.ts";

/** Where a ZIP ends and its central directory lies (APPNOTE.TXT 4.3.14 to 4.3.16). Offsets and sizes in bytes of the file. */
export interface ZipEnd {
  /** Of the end-of-central-directory record. */
  readonly offset: number;
  /** Bytes in front that the archive's own offsets do not count (a self-extractor's program). */
  readonly shift: number;
  readonly directoryStart: number;
  readonly directorySize: number;
  readonly records: number;
}

const EOCD = 22;
const LOCATOR = 20;
const ZIP64_END = 56;
/** A directory is held in memory: 50 000 entries with long names stay far below. */
const MAX_DIRECTORY = 128 * 1024 * 1024;

/**
 * Finds the one end record whose comment reaches to the end of the file.
 * Two of them (one inside a comment) would be two archives in one file: which members it has would be a matter of taste.
 * @returns null where there is none
 * @throws ArchiveRefused archive_corrupt, archive_volume_missing
 */
export async function findZipEnd(file: FileHandle, fileSize: number): Promise<ZipEnd | null> {
  const start = Math.max(0, fileSize - EOCD - 0xffff);
  const tail = await readAt(file, start, fileSize - start);
  const found: number[] = [];
  for (let i = tail.indexOf("PK\x05\x06"); i >= 0; i = tail.indexOf("PK\x05\x06", i + 1)) {
    if (i + EOCD <= tail.length && i + EOCD + tail.readUInt16LE(i + 20) === tail.length) found.push(i);
  }
  const [at, other] = found;
  if (at === undefined) return null;
  if (other !== undefined) throw new ArchiveRefused("archive_corrupt", "The archive has two ends.");
  return await readEnd(file, start + at, tail.subarray(at));
}

async function readEnd(file: FileHandle, offset: number, eocd: Buffer): Promise<ZipEnd> {
  const disk = eocd.readUInt16LE(4);
  const short = { records: eocd.readUInt16LE(10), size: eocd.readUInt32LE(12), start: eocd.readUInt32LE(16) };
  if (disk !== 0 && disk !== 0xffff) throw new ArchiveRefused("archive_volume_missing");
  const zip64 =
    disk === 0xffff || short.records === 0xffff || short.size === 0xffffffff || short.start === 0xffffffff
      ? await readZip64End(file, offset)
      : null;
  const { records, size, start } = zip64 ?? short;
  // The directory ends where the end records begin; the difference to what it says of itself is what stands in front.
  const directoryEnd = zip64?.at ?? offset;
  const directoryStart = directoryEnd - size;
  const shift = directoryStart - start;
  const sound = [records, size, start].every(Number.isSafeInteger) && shift >= 0 && records * 46 <= size;
  if (!sound) throw new ArchiveRefused("archive_corrupt");
  if (size > MAX_DIRECTORY) throw new ArchiveRefused("archive_bomb", "The archive's list of files is too long.");
  return { offset, shift, directoryStart, directorySize: size, records };
}

/** The ZIP64 end record through its locator; null where there is no locator, and the short numbers are meant as they are. */
async function readZip64End(file: FileHandle, eocd: number) {
  const locator = await readAt(file, Math.max(0, eocd - LOCATOR), LOCATOR);
  if (eocd < LOCATOR || locator.length < LOCATOR || locator.readUInt32LE(0) !== 0x07064b50) return null;
  const said = Number(locator.readBigUInt64LE(8));
  for (const at of [said, eocd - LOCATOR - ZIP64_END]) {
    if (at < 0 || at > eocd - LOCATOR - ZIP64_END) continue;
    const record = await readAt(file, at, ZIP64_END);
    if (record.length < ZIP64_END || record.readUInt32LE(0) !== 0x06064b50) continue;
    const number = (offset: number) => Number(record.readBigUInt64LE(offset));
    return { at, records: number(32), size: number(40), start: number(48) };
  }
  throw new ArchiveRefused("archive_corrupt");
}

/** Reads up to `length` bytes at an offset; fewer only at the end of the file. */
export async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}
