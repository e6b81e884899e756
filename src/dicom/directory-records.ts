import type { FileReader } from "./byte-reader.ts";
import {
  corrupt,
  cutShort,
  type ElementEncoding,
  type ElementHeader,
  excessive,
  itemDelimitation,
  itemTag,
  maxHeaderSize,
  parseHeader,
  sequenceDelimitation,
  undefinedLength,
  vrUN,
} from "./element.ts";

/** A disc of the largest kind holds some 60 000 files. */
const maxRecords = 100_000;
const maxDepth = 32;
/** Records have a dozen elements; icons and references bring more. */
const maxElements = 2_000_000;
/** No value looked at is longer, in bytes: a File ID has 8 components of 8 characters (PS3.10 8.2). */
const maxKept = 128;

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

const byTag = <T extends string>(fields: Readonly<Record<T, number>>): ReadonlyMap<number, T> =>
  new Map((Object.keys(fields) as T[]).map((field) => [fields[field], field]));
const textOfTag = byTag(texts);
const numberOfTag = byTag(numbers);

/**
 * One Directory Record (PS3.3 F.3.2.2) as written; "" for what it does not say. `next` and `lower` are byte offsets of
 * records in the file, 0 for none; `offset` is its own.
 */
export type DirectoryRecord = { readonly offset: number } & Record<TextField, string> & Record<NumberField, number>;

/**
 * Reads the Directory Record Sequence of a Media Storage Directory from the start of its data set. Nothing of a patient is
 * kept. @throws Malformed where it is broken, cut short or larger than any disc's
 */
export function readDirectoryRecords(reader: FileReader, encoding: ElementEncoding): Promise<DirectoryRecord[]> {
  return new RecordReader(reader).records(encoding);
}

class RecordReader {
  private readonly header: ElementHeader = { tag: 0, vr: 0, length: 0, spelt: 0 };
  private elements = 0;

  constructor(private readonly reader: FileReader) {}

  async records(encoding: ElementEncoding): Promise<DirectoryRecord[]> {
    const { reader, header } = this;
    while (reader.available > 0 || (await reader.need(1))) {
      await this.next(encoding);
      if (header.tag === directoryRecordSequence) return this.sequence(encoding);
      await this.skipValue(encoding, reader.size, 0);
    }
    return [];
  }

  private async sequence(encoding: ElementEncoding): Promise<DirectoryRecord[]> {
    const { reader, header } = this;
    const end = this.endOf(reader.size);
    const open = header.length === undefinedLength;
    const records: DirectoryRecord[] = [];
    while (open || reader.position < end) {
      const offset = reader.position;
      await this.next(encoding);
      if (open && header.tag === sequenceDelimitation) break;
      if (header.tag !== itemTag) throw corrupt("a sequence holds something that is no item");
      if (records.length >= maxRecords) throw excessive("it lists more than any disc holds");
      records.push(await this.record(offset, encoding, end));
    }
    return records;
  }

  private async record(offset: number, encoding: ElementEncoding, parentEnd: number): Promise<DirectoryRecord> {
    const { reader, header } = this;
    const end = this.endOf(parentEnd);
    const open = header.length === undefinedLength;
    const record: DirectoryRecord = {
      offset,
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
    while (open || reader.position < end) {
      await this.next(encoding);
      if (open && header.tag === itemDelimitation) break;
      await this.field(record, encoding, end);
    }
    return record;
  }

  private async field(record: DirectoryRecord, encoding: ElementEncoding, parentEnd: number): Promise<void> {
    const { reader, header } = this;
    const text = textOfTag.get(header.tag);
    const number = numberOfTag.get(header.tag);
    const { length } = header;
    if ((text === undefined && number === undefined) || length > maxKept) return this.skipValue(encoding, parentEnd, 0);
    this.endOf(parentEnd);
    if (reader.available < length && !(await reader.need(length))) throw cutShort("inside an element");
    const { start } = reader;
    if (text !== undefined) record[text] = plain(reader.bytes.subarray(start, start + length));
    const little = encoding !== "explicit-be";
    if (number !== undefined && length === 2) record[number] = reader.view.getUint16(start, little);
    if (number !== undefined && length === 4) record[number] = reader.view.getUint32(start, little);
    reader.start += length;
  }

  /** Puts the next element, item or delimiter into `header`. */
  private async next(encoding: ElementEncoding): Promise<void> {
    const { reader, header } = this;
    if (reader.available < maxHeaderSize) await reader.need(maxHeaderSize);
    if (reader.available < 8 || !parseHeader(reader, encoding, header)) throw cutShort("inside an element");
    if (++this.elements > maxElements) throw excessive("it has more elements than any directory");
  }

  /** Where the value of the header just read ends: of undefined length, where what encloses it does; at most where the file does. */
  private endOf(parentEnd: number): number {
    if (this.header.length === undefinedLength) return parentEnd;
    const end = this.reader.position + this.header.length;
    if (end > parentEnd) throw corrupt("an element is longer than what holds it");
    return end;
  }

  private async skipValue(encoding: ElementEncoding, parentEnd: number, depth: number): Promise<void> {
    const { header } = this;
    this.endOf(parentEnd);
    if (header.length !== undefinedLength) {
      await this.reader.skip(header.length);
      return;
    }
    if (depth >= maxDepth) throw excessive("its sequences are nested too deep");
    // PS3.5 6.2.2: UN of undefined length is a sequence in Implicit VR Little Endian.
    const inner = header.vr === vrUN ? "implicit-le" : encoding;
    for (await this.next(inner); header.tag !== sequenceDelimitation; await this.next(inner)) {
      if (header.tag !== itemTag) throw corrupt("a sequence holds something that is no item");
      await this.skipItem(inner, parentEnd, depth + 1);
    }
  }

  private async skipItem(encoding: ElementEncoding, parentEnd: number, depth: number): Promise<void> {
    const { header } = this;
    if (header.length !== undefinedLength) return this.skipValue(encoding, parentEnd, depth);
    for (await this.next(encoding); header.tag !== itemDelimitation; await this.next(encoding))
      await this.skipValue(encoding, parentEnd, depth);
  }
}

/** PS3.5 6.2: text is padded by a space, UIDs by NUL; the field does either. */
const plain = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString("latin1")
    .replace(/^ +|[\0 ]+$/g, "");
