import { createHash } from "node:crypto";
import { createReadStream, lstatSync, readdirSync, type Stats, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { UsageError } from "../io.ts";

/** One file to send. */
export interface PlannedFile {
  readonly fileId: string;
  readonly path: string;
  /** As the server and people see it: the folder's own name and what lies below. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** What the server refuses in a name (CONTRACT §3): control characters, bidirectional controls. */
const forbidden = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** A name the server takes: forbidden characters replaced, at most 1024 bytes with its end kept. */
export function wireName(name: string): string {
  const clean = name
    .replace(forbidden, "_")
    .split("/")
    .map((part) => (part === ".." ? "__" : part))
    .join("/");
  const letters = [...clean];
  while (Buffer.byteLength(letters.join("")) > 1024) letters.shift();
  return letters.join("") || "_";
}

function stats(path: string): Stats {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`${path} does not exist.`);
  return found;
}

/** Regular files below a folder, by name; links inside it are not followed, so that nothing outside is sent. */
function* walk(folder: string, name: string): Generator<{ path: string; name: string; found: Stats }> {
  for (const entry of readdirSync(folder).sort()) {
    const path = join(folder, entry);
    const found = lstatSync(path);
    if (found.isDirectory()) yield* walk(path, `${name}/${entry}`);
    else if (found.isFile()) yield { path, name: `${name}/${entry}`, found };
  }
}

/** The files behind the given paths, in a fixed order, each once. @throws UsageError */
export function planFiles(paths: readonly string[]): PlannedFile[] {
  const byPath = new Map<string, { name: string; found: Stats }>();
  for (const given of paths) {
    const path = resolve(given);
    const found = stats(path);
    const members = found.isDirectory() ? walk(path, basename(path)) : [{ path, name: basename(path), found }];
    for (const member of members) if (!byPath.has(member.path)) byPath.set(member.path, member);
  }
  if (byPath.size === 0) throw new UsageError("There is no file to send.");
  return [...byPath].map(([path, { name, found }], index) => ({
    fileId: `f${index}`,
    path,
    name: wireName(name),
    sizeBytes: found.size,
    modifiedMs: found.mtimeMs,
  }));
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest("hex");
}

/** What makes two runs the same upload: where it goes, how, and the files with their sizes and times. */
export function planKey(files: readonly PlannedFile[], how: unknown): string {
  const list = files.map(({ path, name, sizeBytes, modifiedMs }) => [path, name, sizeBytes, modifiedMs]);
  return createHash("sha256")
    .update(JSON.stringify([how, list]))
    .digest("hex");
}
