import { type ArchiveErrorCode, ArchiveRefused } from "./archive-refused.ts";
import { isUnsafeName } from "./member-names.ts";

/** One block of `7zz l -slt`: its lines as key and value. */
export type ListedEntry = ReadonlyMap<string, string>;

const MAX_LINE = 256 * 1024;
/** A dictionary is memory that the archive asks for. */
const MAX_DICTIONARY = 1024 ** 3;
const UNIT: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Reads the listing block by block. 7zz writes a line end inside a name as `_`, so a name cannot forge a line. */
export async function* readListing(source: AsyncIterable<Uint8Array>): AsyncGenerator<ListedEntry, void, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  let entry = new Map<string, string>();
  for await (const chunk of source) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE) throw new ArchiveRefused("archive_corrupt");
    for (const line of lines) {
      const equals = line.indexOf(" = ");
      if (equals > 0) entry.set(line.slice(0, equals), line.slice(equals + 3));
      else if (line === "" && entry.size > 0) {
        yield entry;
        entry = new Map();
      }
    }
  }
  if (entry.size > 0) yield entry;
}

const has = (entry: ListedEntry, key: string) => (entry.get(key) ?? "") !== "";
const flagged = (entry: ListedEntry, key: string) => entry.get(key) === "+";
/** The Unix type letter out of `A -rw-r--r--` or a tar's mode. */
const unixType = (entry: ListedEntry) =>
  /(?:^|\s)([-dlbcps])[-rwxsStT]{9}/.exec(entry.get("Mode") ?? entry.get("Attributes") ?? "")?.[1];
/** The Windows letters in front, of which L is a reparse point (a link). */
const windowsAttributes = (entry: ListedEntry) => /^[A-Z]+/.exec(entry.get("Attributes") ?? "")?.[0] ?? "";

export const isFolder = (entry: ListedEntry) =>
  flagged(entry, "Folder") || unixType(entry) === "d" || windowsAttributes(entry).includes("D");
export const sizeOf = (entry: ListedEntry) => (has(entry, "Size") ? Number(entry.get("Size")) : Number.NaN);
/** In a RAR: the bytes lie there as they are, neither packed nor as a reference to another member. */
export const isStored = (entry: ListedEntry) =>
  /(?:^|:)m0(?::|$)/.test(entry.get("Method") ?? "") && entry.get("Packed Size") === entry.get("Size");
/** CRC-32; null where the archive has another checksum or none. */
export const crcOf = (entry: ListedEntry) => {
  const said = entry.get("CRC") ?? "";
  return /^[0-9A-F]{8}$/.test(said) ? Number.parseInt(said, 16) : null;
};
/** Goes on in the next volume. */
export const goesOn = (entry: ListedEntry) => flagged(entry, "Split After");
export const nameOf = (entry: ListedEntry) => entry.get("Path") ?? "";

function isLink(entry: ListedEntry): boolean {
  if (has(entry, "Symbolic Link") || has(entry, "Hard Link")) return true;
  const type = unixType(entry) ?? "-";
  // 7zz itself gives data that it read from a pipe the type of a pipe.
  return "lbcs".includes(type) || (type === "p" && sizeOf(entry) === 0) || windowsAttributes(entry).includes("L");
}

/** The largest dictionary of a method as 7zz writes it: `LZMA2:25` is 2^25, `v6:m3:128K` and `PPMD:o6:mem24m` are sizes. */
export function dictionaryBytes(method: string): number {
  const sizes = [...method.matchAll(/:(?:mem)?(\d+)([bkmg]?)(?![\w-])/gi)].map(([, number, unit]) =>
    unit ? Number(number) * (UNIT[unit.toLowerCase()] ?? 1) : 2 ** Number(number),
  );
  return Math.max(0, ...sizes);
}

/** What an entry is refused for; the first that fits. */
const RULES: readonly (readonly [ArchiveErrorCode, (entry: ListedEntry) => boolean])[] = [
  ["archive_encrypted", (entry) => flagged(entry, "Encrypted")],
  ["archive_unsafe_path", (entry) => isUnsafeName(nameOf(entry))],
  ["archive_link", isLink],
  ["archive_unsupported", (entry) => flagged(entry, "Anti")],
  ["archive_unsupported", (entry) => dictionaryBytes(entry.get("Method") ?? "") > MAX_DICTIONARY],
  ["archive_unsupported", (entry) => !isFolder(entry) && !Number.isSafeInteger(sizeOf(entry))],
];

/**
 * @param first of the listing: it must begin in the first volume (index 0; blank where there is only one)
 * @throws ArchiveRefused
 */
export function checkListed(entry: ListedEntry, first: boolean): void {
  if (flagged(entry, "Split Before") || (first && Number(entry.get("Volume Index") ?? 0) > 0)) {
    throw new ArchiveRefused("archive_volume_missing");
  }
  const broken = RULES.find(([, applies]) => applies(entry));
  if (broken) throw new ArchiveRefused(broken[0]);
}
