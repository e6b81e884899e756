import type { UploadSummary } from "../../src/contract/status.ts";
import type { ConfirmStudy, PatientCorrections } from "../../src/contract/upload.ts";
import type { Manifest } from "./record.ts";
import type { Confirmation, Correction } from "./types.ts";

type Sex = "F" | "M" | "O";
const isSex = (value: string): value is Sex => ["F", "M", "O"].includes(value);

function corrections(given: Correction): PatientCorrections {
  const body: PatientCorrections = { reason: given.reason };
  if (given.patientName) body.patient_name = given.patientName;
  if (given.patientID) body.patient_id = given.patientID;
  if (given.patientBirthDate) body.patient_birth_date = given.patientBirthDate;
  if (isSex(given.patientSex)) body.patient_sex = given.patientSex;
  return body;
}

/** Only what was filled in goes along. */
export function confirmBody(given: Partial<Confirmation>): ConfirmStudy {
  const body: ConfirmStudy = {};
  if (given.clinicalNotes) body.clinical_notes = given.clinicalNotes;
  if (given.serviceLevel) body.service_level = given.serviceLevel;
  if (given.patientName) body.patient_name = given.patientName;
  if (given.patientID) body.patient_id = given.patientID;
  if (given.patientBirthDate) body.patient_birth_date = given.patientBirthDate;
  if (given.patientSex !== undefined && isSex(given.patientSex)) body.patient_sex = given.patientSex;
  if (given.correction) body.corrections = corrections(given.correction);
  return body;
}

/**
 * The study that waits at the box for the correction its person made before sending; null where it does not, or is not the one
 * that was shown to them: then they are asked.
 */
export function waitsForCorrection({ confirmation, corrects }: Manifest, status: UploadSummary): string | null {
  if (confirmation.correction === undefined || corrects === undefined) return null;
  const same = (one: string | null, other = "") => (one ?? "").trim() === other.trim();
  const study = status.studies.find(
    (it) =>
      it.state === "needs_confirmation" &&
      it.study_instance_uid === corrects.study_instance_uid &&
      same(it.patient_id, corrects.patient_id) &&
      same(it.patient_birth_date, corrects.patient_birth_date),
  );
  return study?.study_instance_uid ?? null;
}
