import { catalogueOf, type ErrorCode } from "../contract/errors.ts";

/** What an archive can be refused for (CONTRACT §4.2). */
export type ArchiveErrorCode = Extract<ErrorCode, `archive_${string}`>;

/** The archive, or what it wants to do, is refused; the rest of the upload goes on. Never names a member: names may be a patient's. */
export class ArchiveRefused extends Error {
  override readonly name = "ArchiveRefused";
  constructor(
    readonly code: ArchiveErrorCode,
    message: string = catalogueOf(code).cause,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
