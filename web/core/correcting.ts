import type { Confirmation, Correction } from "../queue/types.ts";
import type { Person } from "./app.ts";
import type { Subject } from "./checks.ts";
import { allows } from "./shown-page.ts";

export const correctionFields = ["patientName", "patientID", "patientBirthDate", "patientSex"] as const;
export type CorrectionField = (typeof correctionFields)[number];

export const noCorrection: Correction = {
  reason: "",
  patientName: "",
  patientID: "",
  patientBirthDate: "",
  patientSex: "",
};

export const mayCorrect = (person: Person | null): boolean => allows(person, "correct");

/**
 * What of a study's patient can be corrected: of one study whose images this screen knows. Pictures have fields of their own, and
 * so has what images that wait at the box lack.
 */
export function correctableFields(subject: Subject, lacking: boolean): readonly CorrectionField[] {
  if (subject.kind === "pictures" || subject.studyInstanceUID === "" || subject.parts.length > 0) return [];
  return lacking
    ? correctionFields.filter((field) => field === "patientSex" || subject[field] !== "")
    : correctionFields;
}

/** The fields whose value is another one than the images'. */
export const correctedFields = (subject: Subject, { correction }: Confirmation): readonly CorrectionField[] =>
  correction === undefined
    ? []
    : correctionFields.filter(
        (field) => correction[field].trim() !== "" && correction[field].trim() !== subject[field].trim(),
      );

/** A correction without its reason, which the box asks for. */
export const lacksReason = (subject: Subject, given: Confirmation): boolean =>
  correctedFields(subject, given).length > 0 && given.correction?.reason.trim() === "";

/** Without what changes nothing. */
export function withCorrection(subject: Subject, given: Confirmation): Confirmation {
  const fields = correctedFields(subject, given);
  const { correction, ...rest } = given;
  if (correction === undefined || fields.length === 0) return rest;
  const changed = Object.fromEntries(fields.map((field) => [field, correction[field].trim()]));
  return { ...rest, correction: { ...noCorrection, ...changed, reason: correction.reason.trim() } };
}
