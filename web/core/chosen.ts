import type { ChosenFile } from "../queue/types.ts";
import { breath, filesPerPortion, portionMs } from "./portions.ts";

/**
 * What a list holds that nobody empties meanwhile. In portions, for a browser makes each file when it is asked for
 * and looks at the disk for its size (measured: 10 000 files held the page for 2.8 s).
 */
export async function chosenFrom(list: Iterable<File>): Promise<ChosenFile[]> {
  const chosen: ChosenFile[] = [];
  let since = performance.now();
  for (const file of list) {
    chosen.push({ name: file.webkitRelativePath || file.name, size: file.size, file });
    if (performance.now() - since < portionMs) continue;
    await breath();
    since = performance.now();
  }
  return chosen;
}

/** What a picker gave; its input is free for the same files again when all are read. */
export async function picked(input: HTMLInputElement): Promise<ChosenFile[]> {
  const { files } = input;
  if (files !== null && files.length > filesPerPortion) await listed(files[0]);
  const chosen = await chosenFrom(files ?? []);
  if (input.files === files) input.value = ""; // empties the list itself
  return chosen;
}

/** While a browser still takes down thousands of names, the first question for a size would hold the page; to read a file does not. */
async function listed(first: File | undefined): Promise<void> {
  const reader = first?.stream().getReader();
  await reader?.read().catch(() => undefined); // a file that is gone is told of later
  await reader?.cancel().catch(() => undefined);
}

/** Every entry of a dropped folder. A reader answers at most 100 at a time in Chromium: it is asked until it answers none. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

/** One file or folder that cannot be opened is named, and the rest goes on: nothing may be missing without a word. */
async function walk(entry: FileSystemEntry, into: ChosenFile[]): Promise<void> {
  const name = entry.fullPath.replace(/^\//, "");
  try {
    if (isFile(entry)) {
      const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
      into.push({ name, size: file.size, file });
    } else if (isFolder(entry)) {
      for (const child of await entriesOf(entry)) await walk(child, into);
    }
  } catch {
    into.push({ name, size: 0, file: new File([], name), unreadable: true });
  }
}

/** What was dropped, folders to the end. */
export async function dropped(transfer: Pick<DataTransfer, "items" | "files">): Promise<ChosenFile[]> {
  // the items are gone after the first await: all entries are taken before
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const loose = entries.length === 0 ? await chosenFrom([...transfer.files]) : [];
  const files: ChosenFile[] = [...loose];
  for (const entry of entries) await walk(entry, files);
  return files;
}

/** A photo format no browser but Safari reads. */
export const isHeic = ({ name, file }: ChosenFile): boolean =>
  /\.(heic|heif)$/i.test(name) || /^image\/hei[cf]/.test(file.type);
