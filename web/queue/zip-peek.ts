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

/** So many images are looked into; of a larger archive every n-th. The box reads them all. */
const mostEntries = 400;
const headBytes = 65_536;

/**
 * Reads the directory of a ZIP and the first bytes of its images, without unpacking it.
 * @throws Error where the archive cannot be read
 */
export async function peekZip(file: Blob): Promise<Peeked> {
  const reader = new ZipReader(new BlobReader(file));
  const entries = (await reader.getEntries()).filter(isFile);
  if (entries.some(({ encrypted }) => encrypted)) return { kind: "locked" };
  const step = Math.max(1, Math.ceil(entries.length / mostEntries));
  const headers: ReadHeader[] = [];
  let leftOut = 0;
  let useful = 0;
  for (const [index, entry] of entries.entries()) {
    if (index % step !== 0) continue;
    const head = await front(entry);
    const kind = kindOf(entry.filename, head.subarray(0, 512));
    const read = kind === "dicom" ? await readHeader(head, true) : null;
    if (read?.kind === "header") headers.push(read.header);
    else if (kind === "clutter" || read?.kind === "dicomdir") leftOut += 1;
    else useful += 1;
  }
  await reader.close();
  return { kind: "archive", headers, leftOut, empty: headers.length + useful === 0 };
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
