import type { ErrorCode } from "../contract/errors.ts";

/** Bounds of one unpacking; they count over an archive and everything nested in it. */
export interface UnpackLimits {
  readonly maxUnpackedBytes: number;
  /** Unpacked to packed bytes, counted past 256 MiB unpacked. */
  readonly maxRatio: number;
  readonly maxEntries: number;
  readonly maxFileBytes: number;
  /** Called before bytes are written; throws `insufficient_storage` where the disk is short. */
  readonly reserve: (bytes: number) => void;
}

/** One regular file that came out of an archive. */
export interface UnpackedMember {
  /** The member's name as the archive has it, for people; never used as a path. */
  readonly name: string;
  /** Where it lies: inside the given folder, under a name made here. */
  readonly path: string;
  readonly size: number;
}

/** The archive, or what it wants to do, is refused; the rest of the upload goes on. */
export class ArchiveRefused extends Error {
  override readonly name = "ArchiveRefused";
  constructor(
    readonly code: Extract<ErrorCode, `archive_${string}`>,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The archive kinds that can be opened. */
export type ArchiveKind = "zip" | "rar" | "7z" | "tar" | "gzip";
