import type { Order } from "../../src/contract/invitation.ts";
import type { StudyView } from "../../src/contract/status.ts";
import type { Confirmation, DraftStudy, QueuedStudy } from "../queue/types.ts";
import { day, parseDay } from "./format.ts";
import { type Filling, say, type Word } from "./text.ts";

/** A study somebody has to look at: chosen on this device, or asked for by the box. */
export type Subject = Omit<DraftStudy, "id" | "files">;

/** What the box knows of a study that waits for a person. */
export const askedSubject = (study: StudyView): Subject => ({
  kind: "dicom",
  studyInstanceUID: study.study_instance_uid,
  patientName: study.patient_name ?? "",
  patientID: study.patient_id ?? "",
  patientBirthDate: study.patient_birth_date ?? "",
  patientSex: "",
  studyDate: study.study_date ?? "",
  description: study.study_description ?? "",
  modalities: study.modalities,
  bodyPart: "",
  parts: [],
  seriesCount: study.series_count,
  imageCount: study.instance_count,
  bytes: 0,
  archives: [],
  warnings: [],
});

export const emptyConfirmation = (subject: Subject): Confirmation => ({
  patientName: subject.patientName,
  patientID: subject.patientID,
  patientBirthDate: subject.patientBirthDate,
  patientSex: subject.patientSex,
  serviceLevel: "routine",
  clinicalNotes: "",
  studyName: "",
  accessionNumber: "",
  resendReason: "",
});

/** A whole archive that only the box can open. */
export const isClosed = (subject: Subject): boolean => subject.kind === "archive" && subject.imageCount === 0;
/** An archive with several patients in it: no one name stands for it. */
export const isMixed = (subject: Subject): boolean => subject.warnings.includes("several_patients");

/** Nobody of an archive with several patients was checked yet. */
export const noneChecked = (subject: Subject, given: Confirmation): boolean =>
  isMixed(subject) && (given.patients ?? []).length === 0;

export interface Check {
  readonly word: Word;
  readonly filling: Filling;
}

const dayLength = 86_400_000;

/** What a person should look at twice. @param now milliseconds since 1970 */
export function checksOf(subject: Subject, given: Confirmation, now: number): Check[] {
  const checks: Check[] = [];
  const born = parseDay(given.patientBirthDate);
  const made = parseDay(subject.studyDate);
  if (subject.kind !== "pictures" && !isClosed(subject) && given.patientID.trim() === "")
    checks.push({ word: "no_id", filling: {} });
  if (born !== null && born.getTime() > now) checks.push({ word: "birth_future", filling: {} });
  const age = made === null ? 0 : Math.floor((now - made.getTime()) / dayLength);
  if (age > 30) checks.push({ word: "old_exam", filling: { days: age } });
  return checks;
}

/** Fields that must be filled in before sending: pictures carry no patient (CONTRACT §4.5). */
export function missingFields(
  subject: Subject,
  given: Confirmation,
): ("patientID" | "patientName" | "patientBirthDate")[] {
  if (subject.kind !== "pictures") return [];
  const fields = ["patientID", "patientName", "patientBirthDate"] as const;
  return fields.filter(
    (field) => given[field].trim() === "" || (field === "patientBirthDate" && parseDay(given[field]) === null),
  );
}

/** The latest study of today that says who the patient is. */
export const earlierToday = (studies: readonly QueuedStudy[], now: number): QueuedStudy["title"] | undefined =>
  [...studies]
    .filter(({ createdAt, title }) => now - createdAt < dayLength && title.patientID !== "" && title.patientName !== "")
    .sort((a, b) => b.createdAt - a.createdAt)[0]?.title;

/** What the card says of the contents, one line. */
export const dateWords = (dicom: string): string => (dicom === "" ? say("not_given") : day(dicom));

/** What can be told before sending; the box looks again. */
export const differsHere = ({ patientID, patientBirthDate }: Subject, order: Order | null): boolean =>
  (order?.patient_id !== undefined && patientID !== "" && patientID.trim() !== order.patient_id) ||
  (order?.patient_birth_date !== undefined && patientBirthDate !== "" && patientBirthDate !== order.patient_birth_date);
