import { type FileHandle, open } from "node:fs/promises";
import { FileReader } from "./byte-reader.ts";
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
  /** Components of the path on the disc, as written: to show or compare, never to open. */
  readonly referencedFileID: readonly string[];
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
  const file = await open(path, "r");
  try {
    const records = await recordsOf(file);
    return records === null ? null : entriesOf(records);
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  } finally {
    await file.close();
  }
}

async function recordsOf(file: FileHandle): Promise<DirectoryRecord[] | null> {
  const { size } = await file.stat();
  const reader = new FileReader(file, size, 0);
  await reader.need(layoutBytes);
  const layout = layoutOf(reader.bytes.slice(0, Math.min(reader.available, layoutBytes)), size);
  if (layout.kind !== "part10") return null;
  await reader.skip(layout.metaOffset);
  const meta = await readFileMeta(reader);
  if (meta.mediaStorageSOPClassUID !== mediaStorageDirectory) return null;
  // PS3.10 8.6: a DICOMDIR is Explicit VR Little Endian; others are about all the same.
  const encoding = transferSyntaxes.get(meta.transferSyntaxUID)?.encoding ?? "explicit-le";
  return encoding === "deflated" ? null : readDirectoryRecords(reader, encoding);
}

type Parents = ReadonlyMap<DirectoryRecord, DirectoryRecord>;

/** Patient, study, series and one more is what PS3.3 F.4 knows; a chain that is longer goes round in a circle. */
const maxLevels = 8;

function entriesOf(records: readonly DirectoryRecord[]): DirectoryEntry[] {
  const leaves = records.filter(({ sopInstanceUID, inUse }) => inUse !== 0 && uidForm(sopInstanceUID) !== "invalid");
  const linked = parentsByOffset(records);
  const parents = linked !== null && leaves.some((leaf) => linked.has(leaf)) ? linked : parentsByOrder(records);
  return leaves.map((leaf) => {
    const study = above(leaf, "STUDY", parents);
    const series = above(leaf, "SERIES", parents);
    return {
      sopInstanceUID: leaf.sopInstanceUID,
      referencedFileID: components(leaf.referencedFileID),
      recordType: leaf.recordType,
      studyInstanceUID: study?.studyInstanceUID ?? "",
      seriesInstanceUID: series?.seriesInstanceUID ?? "",
      seriesNumber: series?.seriesNumber ?? "",
    };
  });
}

/** PS3.10 8.2: up to eight components, separated by backslashes. */
const components = (fileID: string): string[] =>
  fileID === "" ? [] : fileID.split("\\").map((component) => component.trim());

function above(leaf: DirectoryRecord, recordType: string, parents: Parents): DirectoryRecord | undefined {
  let record = parents.get(leaf);
  for (let level = 0; level < maxLevels && record !== undefined; level++) {
    if (record.recordType === recordType) return record;
    record = parents.get(record);
  }
  return undefined;
}

/** PS3.3 F.2.2: a record points to the first one below it, and that to its next. @returns null where a pointer goes nowhere */
function parentsByOffset(records: readonly DirectoryRecord[]): Parents | null {
  const at = new Map(records.map((record) => [record.offset, record]));
  const astray = (offset: number): boolean => offset !== 0 && !at.has(offset);
  if (records.some(({ next, lower }) => astray(next) || astray(lower))) return null;
  const parents = new Map<DirectoryRecord, DirectoryRecord>();
  for (const parent of records) {
    for (let child = at.get(parent.lower); child !== undefined && !parents.has(child); child = at.get(child.next))
      parents.set(child, parent);
  }
  return parents;
}

const levels = ["PATIENT", "STUDY", "SERIES"];

/** Where the pointers are useless: writers put a record behind the one it belongs to. */
function parentsByOrder(records: readonly DirectoryRecord[]): Parents {
  const levelOf = ({ recordType }: DirectoryRecord): number => {
    const level = levels.indexOf(recordType);
    return level === -1 ? levels.length : level;
  };
  const parents = new Map<DirectoryRecord, DirectoryRecord>();
  const open: DirectoryRecord[] = [];
  for (const record of records) {
    while (open.length > 0 && levelOf(open.at(-1) as DirectoryRecord) >= levelOf(record)) open.pop();
    const parent = open.at(-1);
    if (parent !== undefined) parents.set(record, parent);
    if (levelOf(record) < levels.length) open.push(record);
  }
  return parents;
}
