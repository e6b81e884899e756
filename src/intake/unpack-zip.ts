import { type FileHandle, open } from "node:fs/promises";
import { addAbortSignal, Readable } from "node:stream";
import { Open, type File as ZipEntry } from "unzipper";
import { ArchiveRefused } from "./archive-refused.ts";
import { asRefusal, decoded, type MemberFolder, type UnpackedMember } from "./member-folder.ts";
import { extractInOrder } from "./unpack-7z.ts";
import {
  checkDirectory,
  checkEntries,
  checkLocalHeader,
  INFLATED,
  LOCAL_HEADER,
  type PlacedEntry,
} from "./zip-checks.ts";
import { findZipEnd, readAt, type ZipEnd } from "./zip-end.ts";
import { newPieces, type Pieces, storedBytes } from "./zip-stored.ts";

/** Entries opened side by side: inflating runs in the thread pool, which has four threads. */
const AT_ONCE = 4;
const READ_AHEAD = 128 * 1024;
/** Covers the usual local header in one read; a longer name is read again. */
const USUAL_HEADER = LOCAL_HEADER + 256;

/** One ZIP being unpacked. `stop` ends everything that still runs, with the first failure as its reason. */
interface Job {
  readonly path: string;
  readonly file: FileHandle;
  readonly end: ZipEnd;
  readonly folder: MemberFolder;
  readonly stop: AbortController;
  readonly signal: AbortSignal;
}

/**
 * Unpacks a ZIP: unzipper reads the directory and inflates; what it leaves unchecked is checked here
 * (names, links, encryption, overlaps, sizes, CRC-32).
 * @throws ArchiveRefused, or the signal's reason
 */
export async function unpackZip(path: string, folder: MemberFolder, given: AbortSignal): Promise<UnpackedMember[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([given, stop.signal]);
  const file = await open(path, "r");
  try {
    const end = await findZipEnd(file, (await file.stat()).size);
    if (end === null) throw new ArchiveRefused("archive_corrupt");
    folder.budget.countEntries(end.records);
    const job: Job = { path, file, end, folder, stop, signal };
    const entries = await readDirectory(job);
    checkDirectory(entries, end);
    const members = checkEntries(entries, end, await readAt(file, 0, 4));
    folder.budget.expect(members.map(({ entry }) => entry.uncompressedSize));
    return await (members.every(inflatable) ? inflateAll(job, members) : extractAll(job, members));
  } finally {
    // Read streams that unzipper opened and left.
    stop.abort();
    await file.close();
  }
}

const inflatable = ({ entry }: PlacedEntry) => INFLATED.includes(entry.compressionMethod);
const declaredOf = ({ entry, name }: PlacedEntry) => ({ name, size: entry.uncompressedSize, crc32: entry.crc32 });

async function readDirectory(job: Job): Promise<ZipEntry[]> {
  const { end, signal } = job;
  const source = {
    // unzipper takes the first end record in the last 80 bytes: with this size, that is the one found.
    size: async () => end.offset - end.shift + 80,
    stream: (offset: number, length = Number.POSITIVE_INFINITY) =>
      bytesFrom(job, offset + end.shift, offset + end.shift + length),
  };
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    signal.throwIfAborted();
    return (await Promise.race([Open.custom(source), stopped])).files;
  } catch (cause) {
    throw asRefusal(cause, signal);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/**
 * The archive's bytes from one position to another. It never tells an error: unzipper hands it on to a stream that nobody may
 * listen to any more, and that ends the process. A failed read stops the job instead.
 */
function bytesFrom({ file, stop, signal }: Job, start: number, end: number): Readable {
  let position = start;
  const stream = new Readable({
    highWaterMark: READ_AHEAD,
    read() {
      const piece = Buffer.allocUnsafe(Math.min(READ_AHEAD, end - position));
      file.read(piece, 0, piece.length, position).then(
        ({ bytesRead }) => {
          position += bytesRead;
          if (!stream.destroyed) stream.push(bytesRead === 0 ? null : piece.subarray(0, bytesRead));
        },
        (cause: unknown) => {
          stop.abort(cause);
          stream.destroy();
        },
      );
    },
  });
  const drop = () => stream.destroy();
  signal.addEventListener("abort", drop);
  stream.once("close", () => signal.removeEventListener("abort", drop));
  if (signal.aborted) drop();
  return stream;
}

/** Stored and deflated members, several at once; the first failure stops the others. */
async function inflateAll(job: Job, members: readonly PlacedEntry[]): Promise<UnpackedMember[]> {
  const done: UnpackedMember[] = [];
  const queue = members.entries();
  const work = async () => {
    const pieces = newPieces();
    for (const [index, member] of queue) {
      job.signal.throwIfAborted();
      const offset = await checkLocal(job, member);
      done[index] = await job.folder.write(declaredOf(member), bytesOf(job, member, offset, pieces));
    }
  };
  const stopAll = (cause: unknown) => {
    job.stop.abort(cause);
    throw job.signal.reason;
  };
  const results = await Promise.allSettled(Array.from({ length: AT_ONCE }, () => work().catch(stopAll)));
  if (results.some(({ status }) => status === "rejected")) throw job.signal.reason;
  return done;
}

/** Stored bytes are read as they lie: through unzipper's streams they took twice the time, measured. */
const bytesOf = (job: Job, { entry }: PlacedEntry, offset: number, pieces: Pieces): AsyncIterable<Uint8Array> =>
  entry.compressionMethod === 0
    ? storedBytes(job.file.fd, offset, entry.compressedSize, pieces, job.signal)
    : inflate(entry, job.signal);

/** One member's bytes. Of an empty one nothing is read: unzipper would believe its local header instead. */
async function* inflate(entry: ZipEntry, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  if (entry.compressedSize === 0) return;
  const stream = entry.stream();
  // unzipper may still report on an entry that nobody reads any more.
  stream.on("error", () => undefined);
  yield* decoded(addAbortSignal(signal, stream), signal);
}

/** With any other method 7zz opens the whole archive; sizes and CRC-32 are held against the directory all the same. */
async function extractAll(job: Job, members: readonly PlacedEntry[]): Promise<UnpackedMember[]> {
  for (const member of members) await checkLocal(job, member);
  return await extractInOrder("zip", [job.path], members.map(declaredOf), job.folder, job.signal);
}

/** @returns where the member's bytes begin */
async function checkLocal({ file, end }: Job, member: PlacedEntry): Promise<number> {
  const offset = member.entry.offsetToLocalFileHeader + end.shift;
  const usual = await readAt(file, offset, USUAL_HEADER);
  const length = usual.length < LOCAL_HEADER ? 0 : LOCAL_HEADER + usual.readUInt16LE(26);
  return offset + checkLocalHeader(length > usual.length ? await readAt(file, offset, length) : usual, member);
}
