import { version } from "../core/version.ts";
import type { NewKeyword } from "./write-dictionary.ts";
import type { NewDataSet } from "./write-elements.ts";
import { fits, fitted } from "./write-values.ts";

/** What a document that is made for a study has to know; "" for what is not known. */
export interface DocumentContext {
  /** As the images of the study have it (PS3.3 C.7.1.1). */
  readonly patient: {
    readonly name: string;
    readonly id: string;
    readonly birthDate: string;
    readonly sex: string;
  };
  /** As the images of the study have it (PS3.3 C.7.2.1). */
  readonly study: {
    readonly studyInstanceUID: string;
    readonly date: string;
    readonly time: string;
    readonly id: string;
    readonly description: string;
    readonly accessionNumber: string;
    readonly referringPhysicianName: string;
  };
  /** A series of its own. */
  readonly seriesInstanceUID: string;
  readonly sopInstanceUID: string;
  readonly now: Date;
  readonly siteName: string;
}

/** Clinical notes of one study. */
export interface NotesContext extends DocumentContext {
  /** Display name of the person who sends. */
  readonly author: string;
  readonly serviceLevel: "routine" | "stat";
  readonly notes: string;
}

/** The series of new documents come after those of the images. */
export const seriesNumbers = { notes: 990, document: 991 } as const;

/** LOINC; the document type, and in PS3.16 CID 7001 the heading "Request": what the sender tells and asks. */
export const notesTitle = {
  CodeValue: "55115-0",
  CodingSchemeDesignator: "LN",
  CodeMeaning: "Requested imaging studies information",
} as const satisfies NewDataSet;

/**
 * The notes as they are written and shown: line breaks are LF, a tab is a space, other control characters and what is
 * blank at the end are gone, half surrogates are U+FFFD. Nothing else changes.
 */
export const plainNotes = (notes: string): string =>
  notes
    .toWellFormed()
    .replace(/\r\n|[\r\v\f\u0085\u2028\u2029]/g, "\n")
    .replaceAll("\t", " ")
    .replace(/(?!\n)\p{Cc}/gu, "")
    .trimEnd();

/** Patient, General Study, General Equipment and SOP Common (PS3.3 C.7.1.1, C.7.2.1, C.7.5.1, C.12.1). Type 2 stays empty. */
export function commonModules(context: DocumentContext) {
  const { patient, study, now } = context;
  return {
    ...textsOf(context),
    InstanceCreationDate: dateOf(now),
    InstanceCreationTime: timeOf(now),
    PatientName: nameOf(patient.name),
    PatientBirthDate: knownDate(patient.birthDate),
    PatientSex: /^[FMO]$/.test(patient.sex) ? patient.sex : "",
    StudyInstanceUID: study.studyInstanceUID,
    StudyDate: knownDate(study.date),
    StudyTime: fits("StudyTime", study.time) ? study.time : "",
    ReferringPhysicianName: nameOf(study.referringPhysicianName),
    SeriesInstanceUID: context.seriesInstanceUID,
    InstanceNumber: 1,
    Manufacturer: "RelayPACS",
    ManufacturerModelName: "RelayPACS",
    SoftwareVersions: version,
    ContentDate: dateOf(now),
    ContentTime: timeOf(now),
  } as const satisfies NewDataSet;
}

/** The texts of a context, made to fit their VRs. */
function textsOf(context: DocumentContext) {
  const entries = Object.entries(rawTexts(context)) as [TextKeyword, string][];
  return Object.fromEntries(entries.map(([keyword, text]) => [keyword, fitted(keyword, text).text])) as Readonly<
    Record<TextKeyword, string>
  >;
}

const rawTexts = ({ patient, study, siteName }: DocumentContext) => ({
  PatientID: patient.id,
  StudyID: study.id,
  StudyDescription: study.description,
  AccessionNumber: study.accessionNumber,
  InstitutionName: siteName,
});
type TextKeyword = keyof ReturnType<typeof rawTexts>;

/** The attributes that are longer in the context than their VR holds, so that a document carries only their start. */
export function cutFields(context: DocumentContext): NewKeyword[] {
  const texts = Object.entries(rawTexts(context)) as [TextKeyword, string][];
  const cut: NewKeyword[] = texts.filter(([keyword, text]) => fitted(keyword, text).cut).map(([keyword]) => keyword);
  const tooLong = (name: string) => cleanName(name).some((group) => [...group].length > mostInGroup);
  if (tooLong(context.patient.name)) cut.push("PatientName");
  if (tooLong(context.study.referringPhysicianName)) cut.push("ReferringPhysicianName");
  return cut;
}

/** PS3.5 6.2: 64 characters in each of up to three component groups. */
const mostInGroup = 64;
const cleanName = (name: string): string[] =>
  name
    .toWellFormed()
    .replace(/\p{Cc}/gu, " ")
    .replaceAll("\\", "/")
    .split("=")
    .slice(0, 3);

/** A PN value, each component group cut between two characters where it is too long. */
const nameOf = (name: string): string =>
  cleanName(name)
    .map((group) => [...group.trim()].slice(0, mostInGroup).join("").trimEnd())
    .join("=")
    .replace(/=+$/, "");

/** A display name as a PN value: no component of it is known, so all of it stands where the family name does. */
export const displayName = (name: string): string => nameOf(name.replace(/[\^=]/g, " "));

/** YYYYMMDD; YYYY.MM.DD as before DICOM 3.0 is written anew, anything else is not known. */
function knownDate(date: string): string {
  const [, year, month, day] = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(date) ?? [];
  return year === undefined ? "" : `${year}${month}${day}`;
}

const digits = (value: number, length = 2): string => String(value).padStart(length, "0");

/** DA in the local time of the box. The study's own times are local as well, so no Timezone Offset From UTC is claimed. */
export const dateOf = (time: Date): string =>
  digits(time.getFullYear(), 4) + digits(time.getMonth() + 1) + digits(time.getDate());
/** TM in the local time of the box. */
export const timeOf = (time: Date): string =>
  digits(time.getHours()) + digits(time.getMinutes()) + digits(time.getSeconds());
