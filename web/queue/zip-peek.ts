import {
  BlobReader,
  configure,
  type Entry,
  type FileEntry,
  Writer,
  ZipReader,
} from "@zip.js/zip.js/lib/zip-core-native.js";
import { BlockReader } from "./block-reader.ts";
import { readHeader } from "./header.ts";
import { inflate } from "./inflate.ts";
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
const shortBytes = 8192;
/** Entries up to here lie so close together that they are read many at once. */
const smallBytes = 65_536;
/** Room for an entry's local header with its name. */
const localBytes = 1024;
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
  const blocks = new BlockReader(file);
  const read = async () => {
    for (const [index, entry] of queue) {
      const found = await lookInside(blocks, entry);
      if (found.kind === "header") headers[index] = found.header;
      else if (found.kind === "clutter") leftOut += 1;
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

type Inside = { readonly kind: "header"; readonly header: ReadHeader } | { readonly kind: "clutter" | "useful" };

/** Nearly every header lies in the first few kB: more is read only where it does not. */
async function lookInside(file: BlockReader, entry: FileEntry): Promise<Inside> {
  for (const length of [shortBytes, headBytes]) {
    const head = (await quickFront(file, entry, length)) ?? (await front(entry));
    const kind = kindOf(entry.filename, head.subarray(0, 512));
    if (kind !== "dicom") return { kind: kind === "clutter" ? "clutter" : "useful" };
    const read = await readHeader(head, length === headBytes || head.length >= entry.uncompressedSize);
    if (read.kind === "header") return read;
    if (read.kind === "dicomdir") return { kind: "clutter" };
  }
  return { kind: "useful" };
}

/** Stored and deflated entries are read in one piece behind their local header (APPNOTE 4.3.7); null for any other. */
async function quickFront(
  file: BlockReader,
  entry: FileEntry,
  length: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const { offset, compressedSize, compressionMethod } = entry;
  if (compressionMethod !== 0 && compressionMethod !== 8) return null;
  const bytes = await file.read(offset, localBytes + Math.min(length, compressedSize), compressedSize < smallBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 30 || view.getUint32(0, true) !== 0x04034b50) return null;
  const start = 30 + view.getUint16(26, true) + view.getUint16(28, true);
  if (start > localBytes) return null;
  const data = bytes.subarray(start, start + Math.min(length, compressedSize));
  return compressionMethod === 0 ? data : inflate(data, length);
}

const isFile = (entry: Entry): entry is FileEntry => !entry.directory;

/** The long way, for what is stored otherwise. Takes the first bytes of an entry and then wants no more. */
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
