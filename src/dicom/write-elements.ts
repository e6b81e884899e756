import { itemTag, sequenceDelimitation, undefinedLength } from "./element.ts";
import { dictionary, type KeywordOf, type NewKeyword, type NewVR } from "./write-dictionary.ts";
import { type TextVR, textBytes, UnwritableValue } from "./write-values.ts";

/** Compressed pixel data of one frame, in pieces: one fragment, behind a Basic Offset Table (PS3.5 A.4). */
export interface EncapsulatedFrame {
  readonly frame: readonly Uint8Array[];
}
/** The value's bytes are written by the caller, behind all that is written here; even, and the last element. */
export interface FollowingBytes {
  readonly following: number;
}

type ValueOf<VR extends NewVR> = VR extends "SQ"
  ? readonly NewDataSet[]
  : VR extends "OB"
    ? Uint8Array | EncapsulatedFrame | FollowingBytes
    : VR extends "US" | "UL"
      ? number | readonly number[]
      : string | number | readonly (string | number)[];

/** What an object says, by keyword (PS3.6). `""` and `[]` write an empty element (type 2); undefined leaves it out. */
export type NewDataSet = {
  readonly [K in Exclude<NewKeyword, "SpecificCharacterSet">]?: ValueOf<(typeof dictionary)[K][1]> | undefined;
};

/** Explicit VR Little Endian (PS3.5 7.1.2), by tag, in pieces: large values are not copied. @throws UnwritableValue */
export function elementsOf(dataSet: NewDataSet & { readonly SpecificCharacterSet?: string }): Uint8Array[] {
  const present = (Object.keys(dictionary) as NewKeyword[]).filter((keyword) => dataSet[keyword] !== undefined);
  const samplesAreWords = Number(dataSet.BitsAllocated ?? 8) > 8;
  return present.flatMap((keyword) => {
    const value = dataSet[keyword];
    // PS3.5 8.1.2: samples of more than 8 bits are OW; fragments are always OB (A.4).
    if (keyword === "PixelData" && samplesAreWords && !isFrame(value)) return element(keyword, "OW", value);
    return element(keyword, dictionary[keyword][1], value);
  });
}

type AnyValue = NewDataSet[keyof NewDataSet];

const isFrame = (value: AnyValue): value is EncapsulatedFrame => typeof value === "object" && "frame" in value;
const isFollowing = (value: AnyValue): value is FollowingBytes => typeof value === "object" && "following" in value;
const listOf = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

function element(keyword: NewKeyword, vr: NewVR | "OW", value: AnyValue): Uint8Array[] {
  const [tag] = dictionary[keyword];
  if (isFrame(value)) return [header(tag, vr, undefinedLength), ...fragments(value.frame)];
  if (isFollowing(value)) return [header(tag, vr, value.following)];
  const pieces = valuePieces(keyword, vr, value);
  const length = lengthOf(pieces);
  // PS3.5 7.1.1: a value has an even length; 6.2: UI and OB are padded with NUL, text with a space.
  const pad = length % 2 === 0 ? [] : [vr === "UI" || vr === "OB" ? nul : space];
  const padded = length + pad.length;
  if (padded > (isShortVR(vr) ? 0xfffe : 0xfffffffe)) throw new UnwritableValue(keyword, "it has too many bytes");
  return [header(tag, vr, padded), ...pieces, ...pad];
}

function valuePieces(keyword: NewKeyword, vr: NewVR | "OW", value: AnyValue): Uint8Array[] {
  if (value instanceof Uint8Array) return [value];
  if (vr === "SQ") {
    // PS3.5 7.5.1: items of stated length.
    return (value as readonly NewDataSet[]).flatMap((one) => {
      const content = elementsOf(one);
      return [itemHeader(lengthOf(content)), ...content];
    });
  }
  const values = listOf(value as string | number | readonly (string | number)[]);
  if (vr === "US" || vr === "UL") return [integers(keyword, vr === "US" ? 2 : 4, values)];
  return [textBytes(keyword as KeywordOf<TextVR>, values)];
}

function integers(keyword: NewKeyword, size: 2 | 4, values: readonly (string | number)[]): Buffer {
  const bytes = Buffer.alloc(size * values.length);
  values.forEach((value, index) => {
    const fit = typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** (8 * size);
    if (!fit) throw new UnwritableValue(keyword, `it is no unsigned integer of ${8 * size} bits`);
    bytes.writeUIntLE(value, index * size, size);
  });
  return bytes;
}

/** Of the VRs written here, those with a 32-bit length field (PS3.5 7.1.2, table 7.1-1). */
const longVRs: ReadonlySet<string> = new Set(["OB", "OW", "SQ", "UC", "UT"]);
const isShortVR = (vr: string): boolean => !longVRs.has(vr);
const nul = new Uint8Array([0]);
const space = new Uint8Array([0x20]);

/** PS3.5 A.4: the Basic Offset Table with the one offset 0, the fragment padded to even, the sequence delimiter. */
function fragments(frame: readonly Uint8Array[]): Uint8Array[] {
  const length = lengthOf(frame);
  const pad = length % 2 === 0 ? [] : [nul];
  return [
    itemHeader(4),
    new Uint8Array(4),
    itemHeader(length + pad.length),
    ...frame,
    ...pad,
    tagAndLength(sequenceDelimitation, 0),
  ];
}

const itemHeader = (length: number): Buffer => tagAndLength(itemTag, length);

/** PS3.5 7.5: items and delimiters have no VR. */
export function tagAndLength(tag: number, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(tag >>> 16, 0);
  bytes.writeUInt16LE(tag & 0xffff, 2);
  bytes.writeUInt32LE(length, 4);
  return bytes;
}

function header(tag: number, vr: NewVR | "OW", length: number): Buffer {
  const short = isShortVR(vr);
  const bytes = Buffer.alloc(short ? 8 : 12);
  bytes.writeUInt16LE(tag >>> 16, 0);
  bytes.writeUInt16LE(tag & 0xffff, 2);
  bytes.write(vr, 4, "latin1");
  if (short) bytes.writeUInt16LE(length, 6);
  else bytes.writeUInt32LE(length, 8);
  return bytes;
}

export const lengthOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, piece) => sum + piece.length, 0);
