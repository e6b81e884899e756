import { rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { ArchiveRefused } from "./archive-refused.ts";
import type { UnpackBudget } from "./limits.ts";
import { closeRaw, openRaw, writeRaw, writeWholeRaw } from "./member-file.ts";
import { displayName } from "./member-names.ts";

/** One regular file that came out of an archive. */
export interface UnpackedMember {
  /** The member's name as the archive has it, for people (harmful characters replaced); never used as a path. */
  readonly name: string;
  /** Where it lies: inside the given folder, under a name made here. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** What the archive says of a member; the bytes are held against it. */
export interface DeclaredMember {
  readonly name: string;
  readonly size?: number;
  readonly crc32?: number;
}

/** Writes members under running numbers into one folder, counting every byte before it is written. */
export class MemberFolder {
  readonly #made: string[] = [];

  constructor(
    readonly folder: string,
    readonly budget: UnpackBudget,
  ) {}

  /**
   * Writes one member. Not synced: the caller syncs the folder once.
   * @param source each of its pieces must stay as it is until the next but one is asked for
   * @throws ArchiveRefused archive_corrupt where size or CRC-32 are not the declared ones, archive_bomb past the limits
   */
  async write(declared: DeclaredMember, source: AsyncIterable<Uint8Array>): Promise<UnpackedMember> {
    const path = this.#nextPath();
    const most = declared.size ?? Number.POSITIVE_INFINITY;
    let size = 0;
    let crc = 0;
    const file = await openRaw(path, "wx");
    let writing = Promise.resolve();
    try {
      for await (const chunk of source) {
        size += chunk.length;
        if (size > most) throw new ArchiveRefused("archive_corrupt", "A file in the archive is larger than declared.");
        this.budget.take(chunk.length);
        crc = crc32(chunk, crc);
        // One is written while the next one is read.
        await writing;
        writing = writeRaw(file, chunk);
        writing.catch(() => undefined); // told by whoever waits for it
      }
      await writing;
    } finally {
      await writing.catch(() => undefined);
      closeRaw(file);
    }
    return asDeclared(declared, { path, size, crc });
  }

  /** The same for a small one that is in hand, in the thread's own time: two ways to the thread pool and back take longer than its file. */
  writeWhole(declared: DeclaredMember, bytes: Uint8Array): UnpackedMember {
    const path = this.#nextPath();
    this.budget.take(bytes.length);
    writeWholeRaw(path, bytes);
    return asDeclared(declared, { path, size: bytes.length, crc: crc32(bytes) });
  }

  #nextPath(): string {
    const path = join(this.folder, String(this.#made.length + 1).padStart(6, "0"));
    this.#made.push(path);
    return path;
  }

  /** Removes everything written so far. */
  async discard(): Promise<void> {
    for (const path of this.#made.splice(0)) await rm(path, { force: true });
  }
}

/** @throws ArchiveRefused archive_corrupt where what was written is not what the archive says */
function asDeclared(declared: DeclaredMember, written: { path: string; size: number; crc: number }): UnpackedMember {
  const { path, size, crc } = written;
  if (size !== (declared.size ?? size))
    throw new ArchiveRefused("archive_corrupt", "A file in the archive is smaller than declared.");
  if (crc !== (declared.crc32 ?? crc))
    throw new ArchiveRefused("archive_corrupt", "A file in the archive does not match its checksum.");
  return { name: displayName(declared.name), path, size };
}

/** Passes a decoder's bytes on; its errors become archive_corrupt, save what the file system or the signal say. */
export async function* decoded(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* source;
  } catch (cause) {
    throw asRefusal(cause, signal);
  }
}

/** What a decoder threw, as the caller is to see it. */
export function asRefusal(cause: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (cause instanceof ArchiveRefused || (cause instanceof Error && "syscall" in cause)) return cause;
  return new ArchiveRefused("archive_corrupt", undefined, { cause });
}
