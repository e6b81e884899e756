import { trimEnd, withoutPadding } from "../core/trim-end.ts";
import { decodeText, type TextVR } from "./character-sets.ts";
import type { RawValue } from "./data-set.ts";
import { type Keyword, tags } from "./tags.ts";
import { uidOf } from "./uid.ts";

/** The text attributes read, with their VR (PS3.6). */
const texts = {
  PatientName: "PN",
  ReferringPhysicianName: "PN",
  PatientID: "LO",
  StudyDescription: "LO",
  InstitutionName: "LO",
  SeriesDescription: "LO",
  StudyID: "SH",
  AccessionNumber: "SH",
  PatientBirthDate: "DA",
  StudyDate: "DA",
  StudyTime: "TM",
  PatientSex: "CS",
  Modality: "CS",
  BodyPartExamined: "CS",
  PhotometricInterpretation: "CS",
  SeriesNumber: "IS",
  InstanceNumber: "IS",
  ImagesInAcquisition: "IS",
  NumberOfFrames: "IS",
} as const satisfies Partial<Record<Keyword, TextVR>>;

/** Longest values (PS3.5 6.2) where a PACS that cuts them off would mix up patients or orders; in characters, for PN per component group. */
const longest: Partial<Record<Keyword, number>> = { PatientName: 64, PatientID: 64, AccessionNumber: 16, StudyID: 16 };

export type TextKeyword = keyof typeof texts;
export type UidKeyword = Extract<Keyword, `${string}UID`>;
export type NumberKeyword = "Rows" | "Columns" | "SamplesPerPixel" | "BitsAllocated";

/** The values of a data set as text and numbers, and what was odd about them. */
export class Attributes {
  /** Text attributes longer than their VR allows. */
  readonly tooLong = new Set<TextKeyword>();
  /** Text attributes with control characters, which PS3.5 6.1.3 does not allow here; they are shown as spaces. */
  readonly controls = new Set<TextKeyword>();
  /** Text attributes whose characters could not be read with certainty. */
  readonly unsure = new Set<TextKeyword>();
  private readonly characterSet: string;
  private readonly known = new Map<TextKeyword | UidKeyword, string>();

  constructor(private readonly values: ReadonlyMap<number, RawValue>) {
    this.characterSet = latin1(values.get(tags.SpecificCharacterSet));
  }

  /** Without padding, "" where absent or empty. */
  text(keyword: TextKeyword): string {
    const known = this.known.get(keyword);
    if (known !== undefined) return known;
    const text = this.decoded(keyword);
    this.known.set(keyword, text);
    return text;
  }

  private decoded(keyword: TextKeyword): string {
    const value = this.values.get(tags[keyword]);
    if (value === undefined) return "";
    const vr = texts[keyword];
    const decoded = decodeText(value.bytes, vr, this.characterSet);
    // PS3.5 6.2.1: empty component groups at the end say nothing.
    const padded = trimmed(vr === "PN" ? trimEnd(trimmed(decoded.text), "=") : decoded.text);
    const text = /\p{Cc}/u.test(padded) ? padded.replace(/\p{Cc}/gu, " ") : padded;
    if (text !== padded) this.controls.add(keyword);
    if (!decoded.sure) this.unsure.add(keyword);
    const most = longest[keyword] ?? Number.POSITIVE_INFINITY;
    const pieces = text.length <= most ? [] : vr === "PN" ? text.split("=") : [text];
    if (value.length > value.bytes.length || pieces.some((piece) => [...piece].length > most))
      this.tooLong.add(keyword);
    return text;
  }

  uid(keyword: UidKeyword): string {
    const known = this.known.get(keyword) ?? uidOf(this.values.get(tags[keyword])?.bytes);
    this.known.set(keyword, known);
    return known;
  }

  /** An unsigned short, null where absent or of another length. */
  number(keyword: NumberKeyword): number | null {
    const value = this.values.get(tags[keyword]);
    if (value?.length !== 2) return null;
    return value.littleEndian ? value.bytes.readUInt16LE() : value.bytes.readUInt16BE();
  }
}

const latin1 = (value: RawValue | undefined): string =>
  value === undefined ? "" : trimmed(value.bytes.toString("latin1"));

/** PS3.5 6.2: text is padded by a space; the field pads with NUL as well. */
const trimmed = (text: string): string => withoutPadding(text.startsWith(" ") ? text.replace(/^ +/, "") : text);
