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
const codes = (list: string): ReadonlySet<number> => new Set(list.split(" ").map(vrCode));

/** VRs with a 16-bit length field (PS3.5 7.1.2, table 7.1-2); all others, also those to come, have 32 bits. */
const shortVRs = codes("AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US");
const longVRs = codes("OB OD OF OL OV OW SQ SV UC UN UR UT UV");

export const isKnownVR = (code: number): boolean => shortVRs.has(code) || longVRs.has(code);
export const vrSQ = vrCode("SQ");
export const vrUN = vrCode("UN");
/** VRs whose value of undefined length is a run of fragments (PS3.5 A.4). */
export const fragmentVRs = codes("OB OW");

const isCapital = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a;

/** A header as read; one object is filled again and again. */
export interface ElementHeader {
  /** Group × 65536 + element. */
  tag: number;
  /** Two letters as a number, 0 in implicit VR and for items. */
  vr: number;
  length: number;
  /** The VR two bytes spell in the place where explicit VR has it, 0 where they spell none. */
  spelt: number;
}

/** The bytes a header needs at most, so that {@link parseHeader} never waits. */
export const maxHeaderSize = 12;

/**
 * Reads the header at the reader's position and moves behind it. At least 8 bytes must be there.
 * @returns false where the bytes in hand do not hold the whole header; nothing is consumed then.
 * @throws Malformed where explicit VR is promised and no VR stands there.
 */
export function parseHeader(reader: ByteReader, encoding: ElementEncoding, header: ElementHeader): boolean {
  const { view, start } = reader;
  const little = encoding !== "explicit-be";
  const group = view.getUint16(start, little);
  header.tag = group * 0x10000 + view.getUint16(start + 2, little);
  header.spelt = view.getUint16(start + 4);
  if (!isKnownVR(header.spelt)) header.spelt = 0;
  // PS3.5 7.5: items and delimiters have no VR in any encoding.
  if (encoding === "implicit-le" || group === 0xfffe) {
    header.vr = 0;
    header.length = view.getUint32(start + 4, little);
    reader.start += 8;
    return true;
  }
  header.vr = view.getUint16(start + 4);
  if (!isCapital(header.vr >> 8) || !isCapital(header.vr & 0xff)) throw corrupt("an element has no valid type");
  if (shortVRs.has(header.vr)) {
    header.length = view.getUint16(start + 6, little);
    reader.start += 8;
    return true;
  }
  if (reader.available < 12) return false;
  header.length = view.getUint32(start + 8, little);
  reader.start += 12;
  return true;
}
