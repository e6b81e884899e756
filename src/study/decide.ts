import type { Order } from "../contract/invitation.ts";
import type { ExpectedStudy } from "../contract/upload.ts";
import type { InspectedInstance } from "../dicom/inspection.ts";
import type { Identity } from "./identity.ts";

/** Why a study waits for a person; null: it goes. */
export const waitReasons = ["order_differs", "study_not_expected", "patient_differs", "metadata_required"] as const;
export type WaitReason = (typeof waitReasons)[number];

type Identified = Pick<InspectedInstance, "patientID" | "patientBirthDate">;

/** What the person saw against what came. A field the person was not shown is not compared. */
const agrees = (expected: ExpectedStudy, came: Identified): boolean =>
  (expected.patient_id === undefined || expected.patient_id.trim() === came.patientID) &&
  (expected.patient_birth_date === undefined || expected.patient_birth_date === came.patientBirthDate);

/**
 * CONTRACT §3 `expected_studies`: a study that is not among them, or differs in patient ID or birth date, waits.
 * An entry without a Study Instance UID speaks of the patient alone: what came in an archive the device could not read.
 */
export function waitReason(
  studyInstanceUID: string,
  came: Identified,
  expected: readonly ExpectedStudy[] | null,
): WaitReason | null {
  if (expected === null) return null;
  const candidates = expected.filter(({ study_instance_uid: uid }) => uid === "" || uid === studyInstanceUID);
  if (candidates.length === 0) return "study_not_expected";
  return candidates.some((candidate) => agrees(candidate, came)) ? null : "patient_differs";
}

/** Of pictures with a patient: nobody can have confirmed the UID that they are given here, so that the patient alone counts. */
export const waitReasonOfPictures = (
  { patient }: Pick<Identity, "patient">,
  expected: readonly ExpectedStudy[] | null,
): WaitReason | null =>
  waitReason(
    "",
    { patientID: patient.id.trim(), patientBirthDate: patient.birthDate },
    expected
      ?.filter((it) => it.study_instance_uid === "" || it.patient_id !== undefined)
      .map((it) => ({ ...it, study_instance_uid: "" })) ?? null,
  );

/**
 * Whether a study is another than the one a QR session was opened for. Images from elsewhere often have no accession number, or
 * none that this hospital gave: one that is missing is no difference, a patient ID or birth date that is missing is one.
 */
export const differsFromOrder = (
  order: Order | null,
  { patient, study }: Pick<Identity, "patient" | "study">,
): boolean =>
  order !== null &&
  ((order.patient_id !== undefined && order.patient_id !== patient.id.trim()) ||
    (order.patient_birth_date !== undefined && order.patient_birth_date !== patient.birthDate) ||
    (order.accession_number !== undefined &&
      study.accessionNumber.trim() !== "" &&
      order.accession_number !== study.accessionNumber.trim()));
