import { existsSync } from "node:fs";
import { type ArchiveErrorCode, ArchiveRefused } from "./archive-refused.ts";
import { sevenZipPath } from "./seven-zip.ts";

/** The formats 7zz may take a file for: one is named each time, so that none of its other forty readers sees hostile bytes. */
export type SevenZipType = "zip" | "rar" | "rar5" | "7z" | "7z.split" | "tar";

const SHELL = "/bin/sh";
/** No file may be written (all data comes over stdout), no core file, 3 GiB of memory (kB): a 1 GB dictionary fits. */
const LIMITS = 'ulimit -f 0; ulimit -c 0; ulimit -v 3145728; exec "$@"';
const MAX_COMPLAINT = 64 * 1024;

/** What 7zz says when it gives up; a line may hold a member's name, so it is only matched, never shown. */
const COMPLAINTS: readonly (readonly [RegExp, ArchiveErrorCode])[] = [
  [
    /^(?:ERROR: )?(?:Wrong password|Cannot open encrypted archive)|: Cannot open encrypted archive/m,
    "archive_encrypted",
  ],
  [/^Missing volume/m, "archive_volume_missing"],
  [/^ERROR: Unsupported (?:Method|feature)|^ERROR: .*Can't allocate required memory/im, "archive_unsupported"],
];

/**
 * Runs 7zz in `folder` on a file there and gives its stdout. Own process, empty environment, no stdin, nothing on the disk.
 * @throws ArchiveRefused where it ends with anything but 0, the signal's reason where that came first
 */
export async function* runSevenZip(
  command: "list" | "extract",
  type: SevenZipType,
  folder: string,
  fileName: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  signal.throwIfAborted();
  const what = command === "list" ? ["l", "-slt", "-ba", "-sccUTF-8"] : ["x", "-so", "-bd"];
  const argv = [sevenZipPath(), ...what, "-y", "-p-", "-mmt1", `-t${type}`, "--", fileName];
  const child = Bun.spawn(existsSync(SHELL) ? [SHELL, "-c", LIMITS, "7zz", ...argv] : argv, {
    cwd: folder,
    env: {},
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const kill = () => child.kill("SIGKILL");
  signal.addEventListener("abort", kill);
  const complaint = firstOf(child.stderr).catch(() => "");
  try {
    yield* child.stdout;
    const code = await child.exited;
    signal.throwIfAborted();
    if (code !== 0 || child.signalCode !== null) throw failure(code, child.signalCode, await complaint);
  } finally {
    signal.removeEventListener("abort", kill);
    kill();
    await child.exited;
  }
}

/** Ends that say nothing of the archive: not to be run, wrong arguments, killed from outside. Trying again may help. */
const OWN_FAULTS: readonly number[] = [7, 126, 127, 255];
const KILLS: readonly string[] = ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"];

function failure(code: number, signalCode: string | number | null, said: string): Error {
  if (signalCode === null ? OWN_FAULTS.includes(code) : KILLS.includes(String(signalCode))) {
    return new Error(`7zz ended with ${signalCode ?? `code ${code}`}`);
  }
  return new ArchiveRefused(COMPLAINTS.find(([pattern]) => pattern.test(said))?.[1] ?? "archive_corrupt");
}

/** The beginning of a stream as text; the rest is read and dropped so that the writer never waits. */
async function firstOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) if (text.length < MAX_COMPLAINT) text += decoder.decode(chunk, { stream: true });
  return text;
}
