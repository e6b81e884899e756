import { element, endOfItem, endOfSequence, item, openItem, short, undefinedLength } from "./made-bytes.ts";

/** Makes directories for the tests. */

/** A record to be written; `next` and `lower` are indexes in the list of records, null for none. */
export interface MadeRecord {
  readonly next: number | null;
  readonly lower: number | null;
  readonly inUse: number;
  readonly keys: Buffer;
}

export const record = (
  recordType: string,
  next: number | null = null,
  lower: number | null = null,
  keys: Buffer = Buffer.alloc(0),
  inUse = 0xffff,
): MadeRecord => ({ next, lower, inUse, keys: Buffer.concat([element(0x00041430, "CS", recordType), keys]) });

export const study = (next: number | null = null, lower: number | null = null, uid = "1.1"): MadeRecord =>
  record("STUDY", next, lower, element(0x0020000d, "UI", uid));

export const series = (next: number | null = null, lower: number | null = null, uid = "1.1.3"): MadeRecord =>
  record("SERIES", next, lower, Buffer.concat([element(0x0020000e, "UI", uid), element(0x00200011, "IS", "3")]));

export const image = (
  sopInstanceUID: string,
  next: number | null = null,
  { inUse = 0xffff, more = Buffer.alloc(0) as Buffer } = {},
): MadeRecord => {
  const file = [element(0x00041500, "CS", "DICOM\\IM1"), element(0x00041511, "UI", sopInstanceUID)];
  return record("IMAGE", next, null, Buffer.concat([...file, more]), inUse);
};

/** A whole DICOMDIR in Explicit VR Little Endian. @param open sequence and items of undefined length */
export function dicomdir(records: readonly MadeRecord[], open = false): Buffer {
  const meta = Buffer.concat([
    element(0x00020002, "UI", "1.2.840.10008.1.3.10"),
    element(0x00020010, "UI", "1.2.840.10008.1.2.1"),
  ]);
  const head = [Buffer.alloc(128), Buffer.from("DICM"), element(0x00020000, "UL", long(meta.length)), meta];
  const start = Buffer.concat([...head, element(0x00041130, "CS", "MADE")]);
  const offsets: number[] = [];
  // Pointers have a fixed length, so that one pass tells where each record comes to stand.
  let at = start.length + 12;
  for (const made of records) {
    offsets.push(at);
    at += written(made, offsets, open).length;
  }
  const items = records.map((made) => written(made, offsets, open));
  return Buffer.concat([start, sequence(Buffer.concat(items), open)]);
}

const sequence = (items: Buffer, open: boolean): Buffer =>
  open
    ? Buffer.concat([element(0x00041220, "SQ", "", undefinedLength), items, endOfSequence])
    : element(0x00041220, "SQ", items);

function written({ next, lower, inUse, keys }: MadeRecord, offsets: readonly number[], open: boolean): Buffer {
  // One that is in no list of records points nowhere.
  const pointer = (index: number | null): Buffer => long(index === null ? 0 : (offsets[index] ?? 5));
  const content = [
    element(0x00041400, "UL", pointer(next)),
    element(0x00041410, "US", short(inUse)),
    element(0x00041420, "UL", pointer(lower)),
    keys,
  ];
  return open ? Buffer.concat([openItem, ...content, endOfItem]) : item(...content);
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
