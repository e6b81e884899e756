import { ConfigError } from "../core/config-error.ts";
import { isDiskFull } from "../core/disk-full.ts";
import { RelayError } from "../core/errors.ts";
import { SecretError } from "../core/secrets.ts";
import { tell, UsageError } from "./io.ts";

/** Errors of which the message is a sentence for people; by name, so that telling one does not import its room. */
const spoken = new Set([
  "RelayError",
  "DestinationError",
  "DatabaseError",
  "ApiError",
  "FileChanged",
  "RestoreError",
  "SealError",
]);
const resumable = new Set(["NetworkError"]);

function words(error: unknown): string {
  if (!(error instanceof Error)) return "Something went wrong.";
  if (error instanceof RelayError && error.details.errors !== undefined) {
    const fields = error.details.errors.filter(({ message }) => !error.message.includes(message));
    return [error.message, ...fields.map(({ path, message }) => `  ${path}: ${message}`)].join("\n");
  }
  if (spoken.has(error.name)) return error.message;
  if (resumable.has(error.name)) return `${error.message} Run the same command again: it goes on where it stopped.`;
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  if (isDiskFull(error) && /^SQLITE_/.test(String(code)))
    return "The disk with the data folder is full: not one row can be written. Make room, then start again; nothing is lost.";
  // What the operating system says (EACCES, ENOSPC, EADDRINUSE) names paths and ports, nothing of a patient.
  if (typeof code === "string" && (typeof syscall === "string" || /^E[A-Z]+$/.test(code))) return error.message;
  return `Something unexpected went wrong (${error.name}).`;
}

/** Tells on stderr what went wrong; 2 for wrong usage or configuration, else 1 (CONTRACT §1). */
export function exitCodeOf(error: unknown): 1 | 2 {
  if (error instanceof ConfigError || error instanceof UsageError || error instanceof SecretError) {
    tell(`relaypacs: ${error.message}`);
    return 2;
  }
  tell(`relaypacs: ${words(error)}`);
  return 1;
}
