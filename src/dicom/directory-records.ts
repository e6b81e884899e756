import type { ByteReader, FileReader } from "./byte-reader.ts";
import { cutShort, type ElementEncoding, excessive, type Malformed } from "./element.ts";
import { type Pause, Walk } from "./walk.ts";
import type { Frame } from "./walk-frames.ts";

/** A disc of the largest kind holds some 60 000 files. */
const maxRecords = 100_000;
/** Records have a dozen elements; icons and references bring more. */
const maxElements = 2_000_000;
/** No value looked at is longer, in bytes: a File ID has 8 components of 8 characters (PS3.10 8.2). */
const maxKept = 128;
/** 60 000 files with the longest identifiers and paths there are take half of it, in bytes. */
const maxKeptInAll = 16 * 1024 * 1024;

const directoryRecordSequence = 0x00041220;

const texts = {
  recordType: 0x00041430,
  referencedFileID: 0x00041500,
  sopInstanceUID: 0x00041511,
  studyInstanceUID: 0x0020000d,
  seriesInstanceUID: 0x0020000e,
  seriesNumber: 0x00200011,
} as const;
const numbers = { next: 0x00041400, inUse: 0x00041410, lower: 0x00041420 } as const;

type TextField = keyof typeof texts;
type NumberField = keyof typeof numbers;
type Field = TextField | NumberField;

const tagOf: Readonly<Record<Field, number>> = { ...texts, ...numbers };
const fieldOfTag: ReadonlyMap<number, Field> = new Map(
  (Object.keys(tagOf) as Field[]).map((field) => [tagOf[field], field]),
);
const isNumber = (field: Field): field is NumberField => field in numbers;
/** Tag and length of an item (PS3.5 7.5). */
const itemHeaderSize = 8;

/**
 * One Directory Record (PS3.3 F.3.2.2) as written; "" for what it does not say. `next` and `lower` are byte offsets of
 * records in the file, 0 for none; `offset` is its own.
 */
export type DirectoryRecord = { readonly offset: number } & Record<TextField, string> & Record<NumberField, number>;

/**
 * Reads the Directory Record Sequence of a Media Storage Directory from the start of its data set. Nothing of a patient is
 * kept. @throws Malformed where it is broken, cut short or larger than any disc's
 */
export async function readDirectoryRecords(reader: FileReader, encoding: ElementEncoding): Promise<DirectoryRecord[]> {
  const walk = new DirectoryWalk(reader, encoding);
  await walk.run();
  return walk.records;
}

class DirectoryWalk extends Walk {
  readonly records: DirectoryRecord[] = [];
  protected override readonly forgiving = false;
  private record: DirectoryRecord | null = null;
  private kept = 0;
  /** The few record types there are, so that each record does not hold its own. */
  private readonly types = new Map<string, string>();

  constructor(
    reader: FileReader,
    private readonly encoding: ElementEncoding,
  ) {
    super(reader, encoding, 2, maxElements);
  }

  protected override opened(depth: number): Pause {
    if (depth !== 2 || this.frames.top.tag !== directoryRecordSequence) return undefined;
    if (this.records.length >= maxRecords) return excessive("it lists more than any disc holds");
    this.record = {
      offset: this.reader.position - itemHeaderSize,
      recordType: "",
      referencedFileID: "",
      sopInstanceUID: "",
      studyInstanceUID: "",
      seriesInstanceUID: "",
      seriesNumber: "",
      next: 0,
      // PS3.3 F.3.2.2: FFFFH says that the record is in use; absent says nothing else.
      inUse: 0xffff,
      lower: 0,
    };
    this.records.push(this.record);
    return undefined;
  }

  protected override closed({ tag }: Frame, depth: number): void {
    if (depth === 2) this.record = null;
    this.ended ||= depth === 1 && tag === directoryRecordSequence;
  }

  protected override value(tag: number, _vr: number, length: number): Pause {
    const field = this.record === null || length > maxKept ? undefined : fieldOfTag.get(tag);
    if (field === undefined) return this.skip(length, "inside an element");
    if (length > this.reader.available) return this.takeLater(field, length);
    return this.take(field, length);
  }

  private async takeLater(field: Field, length: number): Promise<void> {
    if (!(await this.reader.need(length))) throw cutShort("inside an element");
    const fault = this.take(field, length);
    if (fault !== undefined) throw fault;
  }

  private take(field: Field, length: number): Malformed | undefined {
    const { reader, record } = this;
    const { start } = reader;
    reader.start += length;
    if (record === null) return undefined;
    if (isNumber(field)) {
      const little = this.encoding !== "explicit-be";
      if (length === 2) record[field] = reader.view.getUint16(start, little);
      if (length === 4) record[field] = reader.view.getUint32(start, little);
      return undefined;
    }
    const text = plain(reader, start, start + length);
    this.kept += field === "recordType" ? 0 : text.length;
    record[field] = field === "recordType" ? this.known(text) : text;
    return this.kept > maxKeptInAll ? excessive("it lists more than any disc holds") : undefined;
  }

  private known(type: string): string {
    const same = this.types.get(type);
    if (same === undefined && this.types.size < 100) this.types.set(type, type);
    return same ?? type;
  }
}

/** PS3.5 6.2: text is padded by a space, UIDs by NUL; the field does either. */
function plain({ bytes, chars }: ByteReader, from: number, to: number): string {
  let [start, end] = [from, to];
  while (start < end && bytes[start] === 0x20) start++;
  while (end > start && (bytes[end - 1] === 0x20 || bytes[end - 1] === 0)) end--;
  return chars.toString("latin1", start, end);
}
