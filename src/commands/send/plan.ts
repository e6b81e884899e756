import { createHash } from "node:crypto";
import { lstatSync, readdirSync, type Stats, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { UsageError } from "../io.ts";

/** One file to send. */
export interface PlannedFile {
  readonly fileId: string;
  /** The bytes of the path: Linux knows no encoding of names, and CDs bring Latin-1 ones. */
  readonly path: Buffer;
  /** As the server and people see it: the folder's own name and what lies below. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** What the server refuses in a name (CONTRACT §3): control characters, bidirectional controls. */
const forbidden = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** Also between backslashes, which separate folders on other systems; as long as what replaces it. */
const upwards = /(?<=^|[/\\])\.\.(?=[/\\]|$)/g;

/** A name the server takes: at most 1024 bytes with its end kept, what is forbidden replaced. */
export function wireName(name: string): string {
  const letters = [...name.replace(forbidden, "_")];
  while (Buffer.byteLength(letters.join("")) > 1024) letters.shift();
  return letters.join("").replace(upwards, "__") || "_";
}

function stats(path: string): Stats {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`${path} does not exist.`);
  return found;
}

interface Member {
  readonly path: Buffer;
  readonly name: string;
  readonly found: Stats;
}

/** A name's bytes as people read them: UTF-8, else the Latin letters of old exports. */
function decodedName(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** Regular files below a folder, by name; links inside it are not followed, so that nothing outside is sent. */
function* walk(folder: Buffer, name: string): Generator<Member> {
  for (const entry of readdirSync(folder, { encoding: "buffer" }).sort(Buffer.compare)) {
    const path = Buffer.concat([folder, Buffer.from("/"), entry]);
    const found = lstatSync(path);
    const inside = `${name}/${decodedName(entry)}`;
    if (found.isDirectory()) yield* walk(path, inside);
    else if (found.isFile()) yield { path, name: inside, found };
  }
}

/** The files behind the given paths, in a fixed order, each once. @throws UsageError */
export function planFiles(paths: readonly string[]): PlannedFile[] {
  const byPath = new Map<string, Member>();
  for (const given of paths) {
    const full = resolve(given);
    const found = stats(full);
    const path = Buffer.from(full);
    const members = found.isDirectory() ? walk(path, basename(full)) : [{ path, name: basename(full), found }];
    for (const member of members) {
      const key = asKey(member.path);
      if (!byPath.has(key)) byPath.set(key, member);
    }
  }
  if (byPath.size === 0) throw new UsageError("There is no file to send.");
  return [...byPath.values()].map(({ path, name, found }, index) => ({
    fileId: `f${index}`,
    path,
    name: wireName(name),
    sizeBytes: found.size,
    modifiedMs: found.mtimeMs,
  }));
}

/** A path as a text that stands for these bytes alone. */
const asKey = (path: Buffer) => path.toString("latin1");

const readAtOnce = 1_048_576;

export async function sha256Of(path: Buffer): Promise<string> {
  const hash = createHash("sha256");
  const piece = new Uint8Array(readAtOnce);
  const handle = await open(path, "r");
  try {
    for (;;) {
      const { bytesRead } = await handle.read(piece, 0, readAtOnce);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(piece.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

/** What makes two runs the same upload: where it goes, how, and the files with their sizes and times. */
export function planKey(files: readonly PlannedFile[], how: unknown): string {
  const list = files.map(({ path, name, sizeBytes, modifiedMs }) => [asKey(path), name, sizeBytes, modifiedMs]);
  return createHash("sha256")
    .update(JSON.stringify([how, list]))
    .digest("hex");
}
