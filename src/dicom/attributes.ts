import { decodeText, type TextVR } from "./character-sets.ts";
import type { RawValue } from "./data-set-walk.ts";
import { type Keyword, tags } from "./tags.ts";
import { uidOf } from "./uid.ts";

/** VR and longest value of the text attributes read (PS3.6, PS3.5 6.2); for PN the bound holds per component group. */
const texts = {
  PatientName: ["PN", 64],
  ReferringPhysicianName: ["PN", 64],
  PatientID: ["LO", 64],
  StudyDescription: ["LO", 64],
  SeriesDescription: ["LO", 64],
  StudyID: ["SH", 16],
  AccessionNumber: ["SH", 16],
  PatientBirthDate: ["DA", 10],
  StudyDate: ["DA", 10],
  StudyTime: ["TM", 16],
  PatientSex: ["CS", 16],
  Modality: ["CS", 16],
  BodyPartExamined: ["CS", 16],
  PhotometricInterpretation: ["CS", 16],
  SeriesNumber: ["IS", 12],
  InstanceNumber: ["IS", 12],
  ImagesInAcquisition: ["IS", 12],
  NumberOfFrames: ["IS", 12],
} as const satisfies Partial<Record<Keyword, readonly [TextVR, number]>>;

export type TextKeyword = keyof typeof texts;
export type UidKeyword = Extract<Keyword, `${string}UID`>;
export type NumberKeyword = "Rows" | "Columns" | "SamplesPerPixel" | "BitsAllocated";

/** The values of a data set as text and numbers, and what was odd about them. */
export class Attributes {
  /** Text attributes longer than their VR allows. */
  readonly tooLong = new Set<TextKeyword>();
  /** Text attributes whose characters could not be read with certainty. */
  readonly unsure = new Set<TextKeyword>();
  private readonly characterSet: string;

  constructor(private readonly values: ReadonlyMap<number, RawValue>) {
    this.characterSet = latin1(values.get(tags.SpecificCharacterSet));
  }

  has(keyword: Keyword): boolean {
    return this.values.has(tags[keyword]);
  }

  /** Without padding, "" where absent or empty. */
  text(keyword: TextKeyword): string {
    const value = this.values.get(tags[keyword]);
    if (value === undefined) return "";
    const [vr, longest] = texts[keyword];
    const decoded = decodeText(value.bytes, vr, this.characterSet);
    const text = trimmed(decoded.text);
    if (!decoded.sure) this.unsure.add(keyword);
    // PS3.5 6.2 counts characters, not bytes; "=" separates the component groups of a name.
    const pieces = vr === "PN" ? text.split("=") : [text];
    if (value.length > value.bytes.length || pieces.some((piece) => [...piece].length > longest))
      this.tooLong.add(keyword);
    return text;
  }

  uid(keyword: UidKeyword): string {
    return uidOf(this.values.get(tags[keyword])?.bytes);
  }

  /** An unsigned short, null where absent or of another length. */
  number(keyword: NumberKeyword): number | null {
    const value = this.values.get(tags[keyword]);
    if (value?.length !== 2) return null;
    return new DataView(value.bytes.buffer, value.bytes.byteOffset).getUint16(0, value.littleEndian);
  }
}

const latin1 = (value: RawValue | undefined): string =>
  value === undefined ? "" : trimmed(Buffer.from(value.bytes).toString("latin1"));

/** PS3.5 6.2: text is padded by a space; the field pads with NUL as well. */
const trimmed = (text: string): string => text.replace(/^ +|[\0 ]+$/g, "");
