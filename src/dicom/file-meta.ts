import type { FileReader } from "./byte-reader.ts";
import {
  corrupt,
  cutShort,
  type ElementEncoding,
  type ElementHeader,
  isKnownVR,
  maxHeaderSize,
  parseHeader,
} from "./element.ts";
import { uidOf } from "./uid.ts";

/** Implementation Class UID of RelayPACS, a UUID-derived UID (PS3.5 B.2). */
export const implementationClassUID = "2.25.164486428787795081269085357848048475635";
export const implementationVersionName = "RELAYPACS";

const metaTags = {
  groupLength: 0x00020000,
  mediaStorageSOPClassUID: 0x00020002,
  mediaStorageSOPInstanceUID: 0x00020003,
  transferSyntaxUID: 0x00020010,
  sourceAETitle: 0x00020016,
} as const;

/** File Meta Information as found (PS3.10 7.1); "" for what is missing. */
export interface FileMeta {
  readonly mediaStorageSOPClassUID: string;
  readonly mediaStorageSOPInstanceUID: string;
  readonly transferSyntaxUID: string;
  readonly sourceAETitle: string;
  /** The group length is there and true, and the group is written as the standard wants it. */
  readonly regular: boolean;
  /** Byte offset of the data set behind it. */
  readonly end: number;
}

/** No writer has more; a hostile one may. */
const maxMetaElements = 100;
const maxKept = 128;

/**
 * Reads the File Meta Information from the reader's position to the data set.
 * @throws Malformed
 */
export async function readFileMeta(reader: FileReader): Promise<FileMeta> {
  if (!(await reader.need(8))) throw cutShort("inside its header");
  // PS3.10 7.1 wants Explicit VR Little Endian; some old writers used implicit VR.
  const encoding: ElementEncoding = isKnownVR(reader.view.getUint16(reader.start + 4)) ? "explicit-le" : "implicit-le";
  const header: ElementHeader = { tag: 0, vr: 0, length: 0 };
  const values = new Map<number, Buffer>();
  let statedEnd = Number.POSITIVE_INFINITY;
  let position = reader.position;
  for (let count = 0; position < statedEnd; count++) {
    if (reader.available < 8 && !(await reader.need(8))) {
      if (reader.available === 0 && statedEnd === Number.POSITIVE_INFINITY) break;
      throw cutShort("inside its header");
    }
    if (reader.view.getUint16(reader.start, true) !== 2) break;
    if (count >= maxMetaElements) throw corrupt("its header has no end");
    if (reader.available < maxHeaderSize) await reader.need(maxHeaderSize);
    const fault = parseHeader(reader, encoding, header);
    if (fault !== null) throw fault.code === "dicom_truncated" ? cutShort("inside its header") : fault;
    if (reader.position + header.length > reader.size) throw cutShort("inside its header");
    if (header.length <= maxKept) {
      if (reader.available < header.length) await reader.need(header.length);
      values.set(header.tag, reader.copy(header.length));
    }
    await reader.skip(header.length);
    position = reader.position;
    const length = header.tag === metaTags.groupLength ? values.get(header.tag) : undefined;
    if (length?.length === 4) statedEnd = position + length.readUInt32LE();
  }
  const uid = (tag: number): string => uidOf(values.get(tag));
  return {
    mediaStorageSOPClassUID: uid(metaTags.mediaStorageSOPClassUID),
    mediaStorageSOPInstanceUID: uid(metaTags.mediaStorageSOPInstanceUID),
    transferSyntaxUID: uid(metaTags.transferSyntaxUID),
    // PS3.5 6.2: an AE title is ASCII, and spaces around it say nothing.
    sourceAETitle: Buffer.from(values.get(metaTags.sourceAETitle) ?? [])
      .toString("latin1")
      .replace(/[^\x20-\x7e]/g, " ")
      .trim(),
    regular: position === statedEnd && encoding === "explicit-le",
    end: position,
  };
}

/** Preamble of zeros, DICM and File Meta Information for an instance (PS3.10 7.1). */
export function writeHead(sopClassUID: string, sopInstanceUID: string, transferSyntaxUID: string): Uint8Array {
  const group = Buffer.concat([
    Buffer.from([0x02, 0x00, 0x01, 0x00, 0x4f, 0x42, 0, 0, 2, 0, 0, 0, 0, 1]),
    text(metaTags.mediaStorageSOPClassUID, "UI", sopClassUID),
    text(metaTags.mediaStorageSOPInstanceUID, "UI", sopInstanceUID),
    text(metaTags.transferSyntaxUID, "UI", transferSyntaxUID),
    text(0x00020012, "UI", implementationClassUID),
    text(0x00020013, "SH", implementationVersionName),
  ]);
  const groupLength = Buffer.from([0x02, 0x00, 0x00, 0x00, 0x55, 0x4c, 4, 0, 0, 0, 0, 0]);
  groupLength.writeUInt32LE(group.length, 8);
  return new Uint8Array(Buffer.concat([new Uint8Array(128), Buffer.from("DICM"), groupLength, group]));
}

/** One element with a short length; UI is padded with NUL, text with a space (PS3.5 6.2). */
function text(tag: number, vr: "UI" | "SH", value: string): Buffer {
  const padded = value.length % 2 === 0 ? value : value + (vr === "UI" ? "\0" : " ");
  const element = Buffer.alloc(8 + padded.length);
  element.writeUInt16LE(tag >>> 16, 0);
  element.writeUInt16LE(tag & 0xffff, 2);
  element.write(vr, 4, "latin1");
  element.writeUInt16LE(padded.length, 6);
  element.write(padded, 8, "latin1");
  return element;
}
