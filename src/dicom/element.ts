import type { ErrorCode } from "../contract/errors.ts";
import type { ByteReader } from "./byte-reader.ts";

/** How one element is written. A deflated data set is explicit-le once it is inflated. */
export type ElementEncoding = "implicit-le" | "explicit-le" | "explicit-be";

/** Length FFFFFFFFH: the value ends at a delimiter (PS3.5 7.1.1). */
export const undefinedLength = 0xffffffff;

export const itemTag = 0xfffee000;
export const itemDelimitation = 0xfffee00d;
export const sequenceDelimitation = 0xfffee0dd;

/** The data set breaks a rule that reading on depends on. The message is for a person and holds nothing out of the file. */
export class Malformed extends Error {
  override readonly name = "Malformed";
  constructor(
    readonly code: Extract<ErrorCode, "dicom_truncated" | "dicom_corrupt" | "dicom_bomb">,
    message: string,
    /** The walk may go on behind the sequence that holds the fault, where its length is stated. */
    readonly local = false,
  ) {
    super(message);
  }
}

export const cutShort = (where: string): Malformed =>
  new Malformed("dicom_truncated", `The file ends ${where}: it was cut short.`);
export const corrupt = (why: string): Malformed => new Malformed("dicom_corrupt", `The file is damaged: ${why}.`, true);
export const excessive = (what: string): Malformed => new Malformed("dicom_corrupt", `The file is damaged: ${what}.`);

const vrCode = (vr: string): number => (vr.charCodeAt(0) << 8) | vr.charCodeAt(1);
const codes = (list: string): readonly number[] => list.split(" ").map(vrCode);

/** The bytes a header needs at most, so that {@link parseHeader} never waits. */
export const maxHeaderSize = 12;

/** Size of the header by VR, 0 where the two bytes are none that is known: asked for each element, so a table. */
const headerSizes = new Uint8Array(0x10000);
/** VRs with a 16-bit length field (PS3.5 7.1.2, table 7.1-2); all others, also those to come, have 32 bits. */
for (const code of codes("AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US")) headerSizes[code] = 8;
for (const code of codes("OB OD OF OL OV OW SQ SV UC UN UR UT UV")) headerSizes[code] = maxHeaderSize;

/** Bytes of tag, VR and length in explicit VR (PS3.5 7.1.2). */
export const headerSizeOf = (code: number): number => (headerSizes[code] === 8 ? 8 : maxHeaderSize);
export const isKnownVR = (code: number): boolean => headerSizes[code] !== 0;
export const vrSQ = vrCode("SQ");
export const vrUN = vrCode("UN");
/** VRs whose value of undefined length is a run of fragments (PS3.5 A.4). */
export const isFragmentVR = (code: number): boolean => code === vrOB || code === vrOW;
const vrOB = vrCode("OB");
const vrOW = vrCode("OW");

const isCapital = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a;

/** A header as read; one object is filled again and again. */
export interface ElementHeader {
  /** Group × 65536 + element. */
  tag: number;
  /** Two letters as a number, 0 in implicit VR and for items. */
  vr: number;
  length: number;
}

const cutInside = cutShort("inside an element");
const untyped = corrupt("an element has no valid type");

/** Unsigned, 16 bits. By bytes, because DataView stays a call for each value: 40 % of the walk, measured. */
export const short = (bytes: Uint8Array, at: number, little: boolean): number =>
  little
    ? (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
    : ((bytes[at] as number) << 8) | (bytes[at + 1] as number);

/** Unsigned, 32 bits. */
export const long = (bytes: Uint8Array, at: number, little: boolean): number =>
  little
    ? short(bytes, at + 2, true) * 0x10000 + short(bytes, at, true)
    : short(bytes, at, false) * 0x10000 + short(bytes, at + 2, false);

/** A tag's two numbers are each in the byte order of the data set (PS3.5 7.1.1). */
export const tagAt = (bytes: Uint8Array, at: number, little: boolean): number =>
  short(bytes, at, little) * 0x10000 + short(bytes, at + 2, little);

/**
 * Reads the header at the reader's position and moves behind it. At least 8 bytes must be there.
 * @returns what is wrong with it, nothing being consumed then: the bytes in hand do not hold the whole header, or explicit
 * VR is promised and no VR stands there
 */
export function parseHeader(reader: ByteReader, encoding: ElementEncoding, header: ElementHeader): Malformed | null {
  const { bytes, start } = reader;
  const little = encoding !== "explicit-be";
  header.tag = tagAt(bytes, start, little);
  // PS3.5 7.5: items and delimiters have no VR in any encoding.
  if (encoding === "implicit-le" || short(bytes, start, little) === 0xfffe) {
    header.vr = 0;
    header.length = long(bytes, start + 4, little);
    reader.start = start + 8;
    return null;
  }
  const vr = short(bytes, start + 4, false);
  const size = headerSizes[vr];
  header.vr = vr;
  if (size === 8) {
    header.length = short(bytes, start + 6, little);
    reader.start = start + 8;
    return null;
  }
  if (size === 0 && !(isCapital(vr >> 8) && isCapital(vr & 0xff))) return untyped;
  if (reader.end - start < maxHeaderSize) return cutInside;
  header.length = long(bytes, start + 8, little);
  reader.start = start + maxHeaderSize;
  return null;
}

/**
 * Moves the reader behind the plain elements in hand: of known VR, of stated length, no sequence, no delimiter.
 * A header is not told from a value of no interest faster than by its length.
 * @param limit position in the data that no element may reach over
 * @returns how many they were
 */
export function passElements(reader: ByteReader, encoding: ElementEncoding, limit: number): number {
  const { bytes } = reader;
  const explicit = encoding !== "implicit-le";
  // Most of what is no plain element is a sequence, told by two bytes.
  if (explicit && bytes[reader.start + 4] === 0x53 && bytes[reader.start + 5] === 0x51) return 0;
  const little = encoding !== "explicit-be";
  const end = Math.min(reader.end, reader.start + (limit - reader.position));
  let { start } = reader;
  let passed = 0;
  while (start + maxHeaderSize <= reader.end && start + 8 <= end && short(bytes, start, little) !== 0xfffe) {
    const vr = explicit ? short(bytes, start + 4, false) : 0;
    const size = explicit ? (headerSizes[vr] as number) : 8;
    if (size === 0 || vr === vrSQ) break;
    const length = size === 8 && explicit ? short(bytes, start + 6, little) : long(bytes, start + size - 4, little);
    if (start + size + length > end) break;
    start += size + length;
    passed++;
  }
  reader.start = start;
  return passed;
}
