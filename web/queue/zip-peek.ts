import {
  BlobReader,
  configure,
  type Entry,
  type FileEntry,
  Writer,
  ZipReader,
} from "@zip.js/zip.js/lib/zip-core-native.js";
import { readHeader } from "./header.ts";
import { kindOf } from "./kind.ts";
import type { ReadHeader } from "./types.ts";

// this is a worker already, and the policy of the page allows no script of another origin
configure({ useWebWorkers: false, useCompressionStream: true });

export type Peeked =
  | {
      readonly kind: "archive";
      readonly headers: readonly ReadHeader[];
      readonly leftOut: number;
      readonly empty: boolean;
    }
  | { readonly kind: "locked" };

/** Every entry is looked into, for one patient's image may hide among thousands of another's; beyond this bound every n-th. The box reads them all. */
const mostEntries = 20_000;
const headBytes = 65_536;
/** Entries opened at once: more only wait for each other. */
const readers = 6;

/** How many of an archive's entries are read by now. */
export type PeekProgress = (done: number, total: number) => void;

/**
 * Reads the directory of a ZIP and the first bytes of its images, without unpacking it.
 * @throws Error where the archive cannot be read
 */
export async function peekZip(file: Blob, progress: PeekProgress = () => {}): Promise<Peeked> {
  const reader = new ZipReader(new BlobReader(file));
  const all = (await reader.getEntries()).filter(isFile);
  if (all.some(({ encrypted }) => encrypted)) return { kind: "locked" };
  const step = Math.max(1, Math.ceil(all.length / mostEntries));
  const entries = all.filter((_, index) => index % step === 0);
  const headers: (ReadHeader | undefined)[] = []; // in the archive's order, whoever is read first
  let leftOut = 0;
  let useful = 0;
  let done = 0;
  const queue = entries.entries();
  const read = async () => {
    for (const [index, entry] of queue) {
      const head = await front(entry);
      const kind = kindOf(entry.filename, head.subarray(0, 512));
      const found = kind === "dicom" ? await readHeader(head, true) : null;
      if (found?.kind === "header") headers[index] = found.header;
      else if (kind === "clutter" || found?.kind === "dicomdir") leftOut += 1;
      else useful += 1;
      done += 1;
      progress(done, entries.length);
    }
  };
  await Promise.all(Array.from({ length: readers }, read));
  await reader.close();
  const found = headers.filter((header) => header !== undefined);
  return { kind: "archive", headers: found, leftOut, empty: found.length + useful === 0 };
}

const isFile = (entry: Entry): entry is FileEntry => !entry.directory;

/** Takes the first bytes of an entry and then wants no more. */
class FrontWriter extends Writer<Uint8Array<ArrayBuffer>> {
  private readonly bytes = new Uint8Array(headBytes);
  private filled = 0;
  constructor(private readonly enough: AbortController) {
    super();
  }
  override async writeUint8Array(part: Uint8Array): Promise<void> {
    const room = part.subarray(0, headBytes - this.filled);
    this.bytes.set(room, this.filled);
    this.filled += room.length;
    if (this.filled === headBytes) this.enough.abort();
  }
  override async getData(): Promise<Uint8Array<ArrayBuffer>> {
    return this.bytes.subarray(0, this.filled);
  }
}

async function front(entry: FileEntry): Promise<Uint8Array<ArrayBuffer>> {
  const enough = new AbortController();
  const writer = new FrontWriter(enough);
  await entry.getData(writer, { signal: enough.signal, checkSignature: false }).catch((error: unknown) => {
    if (!enough.signal.aborted) throw error;
  });
  return writer.getData();
}
