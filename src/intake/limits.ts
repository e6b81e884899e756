import { ArchiveRefused } from "./archive-refused.ts";

/** Bounds of one unpacking; they count over an archive and everything nested in it. Sizes in bytes. */
export interface UnpackLimits {
  readonly maxUnpackedBytes: number;
  /** Unpacked to packed bytes, counted past 256 MiB unpacked. */
  readonly maxRatio: number;
  readonly maxEntries: number;
  readonly maxFileBytes: number;
  /** Called before bytes are written; throws `insufficient_storage` where the disk is short. */
  readonly reserve: (bytes: number) => void;
}

/** Below this an archive may open as far as it likes: a CT of a water phantom packs very well. */
const RATIO_COUNTS_FROM = 256 * 1024 * 1024;
/** The disk is asked once per so many bytes, not once per write. */
const RESERVE_STEP = 16 * 1024 * 1024;

/** What an archive and all archives nested in it have used of their limits. One per outermost archive, handed on to every `unpack` below it. */
export class UnpackBudget {
  #bytes = 0;
  #entries = 0;
  #reserved = 0;

  /** @param packedBytes size of the outermost archive, all its volumes together: the ratio's other side. */
  constructor(
    readonly limits: UnpackLimits,
    readonly packedBytes: number,
  ) {}

  get bytes(): number {
    return this.#bytes;
  }
  get entries(): number {
    return this.#entries;
  }

  /** Counts entries before any of them is opened. @throws ArchiveRefused archive_bomb */
  countEntries(count: number): void {
    this.#entries += count;
    if (this.#entries > this.limits.maxEntries) {
      throw new ArchiveRefused("archive_bomb", `The archive holds more than ${this.limits.maxEntries} entries.`);
    }
  }

  /** Holds what an archive declares against the limits, so that an honest bomb costs nothing. @throws ArchiveRefused archive_bomb */
  expect(sizes: Iterable<number>): void {
    let total = this.#bytes;
    for (const size of sizes) {
      if (size > this.limits.maxFileBytes) {
        throw new ArchiveRefused("archive_bomb", "The archive holds a file that is larger than this box takes.");
      }
      total += size;
    }
    this.#check(total);
  }

  /** Counts bytes that are about to be written. @throws ArchiveRefused archive_bomb, or what `reserve` throws */
  take(bytes: number): void {
    this.#bytes += bytes;
    this.#check(this.#bytes);
    if (this.#bytes > this.#reserved) {
      const step = Math.max(bytes, RESERVE_STEP);
      this.limits.reserve(step);
      this.#reserved = this.#bytes - bytes + step;
    }
  }

  /** Gives back bytes of a file that was only a step on the way (the tar of a tar.gz) and is gone. */
  release(bytes: number): void {
    this.#bytes -= bytes;
  }

  #check(total: number): void {
    const { maxUnpackedBytes, maxRatio } = this.limits;
    const overRatio = total > RATIO_COUNTS_FROM && total > maxRatio * this.packedBytes;
    if (total > maxUnpackedBytes || overRatio) throw new ArchiveRefused("archive_bomb");
  }
}
