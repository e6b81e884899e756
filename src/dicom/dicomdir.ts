import { setImmediate } from "node:timers/promises";
import { FileReader, type OpenFile, withFile } from "./byte-reader.ts";
import { type DirectoryRecord, readDirectoryRecords } from "./directory-records.ts";
import { Malformed } from "./element.ts";
import { readFileMeta } from "./file-meta.ts";
import { layoutBytes, layoutOf } from "./part10.ts";
import { mediaStorageDirectory } from "./sop-classes.ts";
import { transferSyntaxes } from "./transfer-syntaxes.ts";
import { uidForm } from "./uid.ts";

/** What a disc's directory says of one of its files. Text is as written there; "" where it says nothing. */
export interface DirectoryEntry {
  readonly sopInstanceUID: string;
  /** The path on the disc, as written, components separated by backslashes (PS3.10 8.2): to show or compare, never to open. */
  readonly referencedFileID: string;
  /** IMAGE, SR DOCUMENT, PRESENTATION, … (PS3.3 F.3.2.2). */
  readonly recordType: string;
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly seriesNumber: string;
}

/**
 * The files that a DICOMDIR lists (Media Storage Directory, PS3.3 F.3), with the study and series each hangs under.
 * @returns null where the file is no DICOMDIR or cannot be read to its end; bad content never throws
 * @throws the error of the operating system where the file cannot be read
 */
export async function readDicomdir(path: string): Promise<DirectoryEntry[] | null> {
  try {
    const records = await withFile(path, recordsOf);
    return records === null ? null : await entriesOf(records);
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

async function recordsOf(file: OpenFile): Promise<DirectoryRecord[] | null> {
  const reader = new FileReader(file);
  await reader.need(layoutBytes);
  const layout = layoutOf(reader.bytes.slice(0, Math.min(reader.available, layoutBytes)), file.size);
  if (layout.kind !== "part10") return null;
  await reader.skip(layout.metaOffset);
  const meta = await readFileMeta(reader);
  if (meta.mediaStorageSOPClassUID !== mediaStorageDirectory) return null;
  // PS3.10 8.6: a DICOMDIR is Explicit VR Little Endian; others are about all the same.
  const encoding = transferSyntaxes.get(meta.transferSyntaxUID)?.encoding ?? "explicit-le";
  return encoding === "deflated" ? null : readDirectoryRecords(reader, encoding);
}

/** Patient, study, series and one more is what PS3.3 F.4 knows; a chain that is longer goes round in a circle. */
const maxLevels = 8;
/** As many entries are made in one turn; 100 000 at once would hold all else for some 50 ms. */
const turn = 10_000;

/** By index of a record, that of the one above it; -1 for none. Numbers, because a disc may list 100 000. */
type Parents = Int32Array;
const none = -1;

async function entriesOf(records: readonly DirectoryRecord[]): Promise<DirectoryEntry[]> {
  const linked = parentsByOffset(records);
  const isLinked = linked !== null && records.some((record, index) => linked[index] !== none && isLeaf(record));
  const parents = isLinked ? linked : parentsByOrder(records);
  const entries: DirectoryEntry[] = [];
  for (const [index, record] of records.entries()) {
    if (index % turn === turn - 1) await setImmediate();
    if (!isLeaf(record)) continue;
    const study = above(index, "STUDY", parents, records);
    const series = above(index, "SERIES", parents, records);
    entries.push({
      sopInstanceUID: record.sopInstanceUID,
      referencedFileID: record.referencedFileID,
      recordType: record.recordType,
      studyInstanceUID: study?.studyInstanceUID ?? "",
      seriesInstanceUID: series?.seriesInstanceUID ?? "",
      seriesNumber: series?.seriesNumber ?? "",
    });
  }
  return entries;
}

const isLeaf = ({ sopInstanceUID, inUse }: DirectoryRecord): boolean =>
  inUse !== 0 && sopInstanceUID !== "" && uidForm(sopInstanceUID) !== "invalid";

function above(
  leaf: number,
  recordType: string,
  parents: Parents,
  records: readonly DirectoryRecord[],
): DirectoryRecord | undefined {
  let index = parents[leaf] ?? none;
  for (let level = 0; level < maxLevels && index !== none; level++) {
    if (records[index]?.recordType === recordType) return records[index];
    index = parents[index] ?? none;
  }
  return undefined;
}

/** PS3.3 F.2.2: a record points to the first one below it, and that to its next. @returns null where a pointer goes nowhere */
function parentsByOffset(records: readonly DirectoryRecord[]): Parents | null {
  const [next, lower] = [new Int32Array(records.length), new Int32Array(records.length)];
  for (const [index, record] of records.entries()) {
    next[index] = record.next === 0 ? none : indexAt(records, record.next);
    lower[index] = record.lower === 0 ? none : indexAt(records, record.lower);
    if ((record.next !== 0 && next[index] === none) || (record.lower !== 0 && lower[index] === none)) return null;
  }
  const parents = new Int32Array(records.length).fill(none);
  for (let parent = 0; parent < records.length; parent++) {
    let child = lower[parent] ?? none;
    for (; child !== none && parents[child] === none; child = next[child] ?? none) parents[child] = parent;
  }
  return parents;
}

/** Records stand in the order of their offsets. */
function indexAt(records: readonly DirectoryRecord[], offset: number): number {
  let [low, high] = [0, records.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((records[middle]?.offset ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return records[low]?.offset === offset ? low : none;
}

const levels = ["PATIENT", "STUDY", "SERIES"];

/** Where the pointers are useless: writers put a record behind the one it belongs to. */
function parentsByOrder(records: readonly DirectoryRecord[]): Parents {
  const levelOf = (index: number): number => {
    const level = levels.indexOf(records[index]?.recordType ?? "");
    return level === -1 ? levels.length : level;
  };
  const parents = new Int32Array(records.length).fill(none);
  const open: number[] = [];
  for (let index = 0; index < records.length; index++) {
    const level = levelOf(index);
    while (open.length > 0 && levelOf(open.at(-1) ?? 0) >= level) open.pop();
    parents[index] = open.at(-1) ?? none;
    if (level < levels.length) open.push(index);
  }
  return parents;
}
