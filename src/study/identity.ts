import type { StudyMetadata } from "../contract/upload.ts";
import type { StudyRow } from "../db/studies.ts";
import type { InspectedInstance } from "../dicom/inspection.ts";
import type { DocumentContext } from "../dicom/note-context.ts";

/** Whose study it is and which one: what objects made for it carry (PS3.3 C.7.1.1, C.7.2.1). */
export type Identity = Pick<DocumentContext, "patient" | "study"> & {
  readonly modality: string;
  readonly bodyPart: string;
};

/** As the study's own images have it, word for word. */
export const identityOf = (first: InspectedInstance): Identity => ({
  patient: {
    name: first.patientName,
    id: first.patientID,
    birthDate: first.patientBirthDate,
    sex: first.patientSex,
  },
  study: {
    studyInstanceUID: first.studyInstanceUID,
    date: first.studyDate,
    time: first.studyTime,
    id: first.studyID,
    description: first.studyDescription,
    accessionNumber: first.accessionNumber,
    referringPhysicianName: first.referringPhysicianName,
  },
  modality: first.modality,
  bodyPart: first.bodyPartExamined,
});

/** A study of nothing but pictures is what the sender says it is. */
export const identityFrom = (metadata: StudyMetadata, studyInstanceUID: string): Identity => ({
  patient: {
    name: metadata.patient_name ?? "",
    id: metadata.patient_id ?? "",
    birthDate: metadata.patient_birth_date ?? "",
    sex: metadata.patient_sex ?? "",
  },
  study: {
    studyInstanceUID,
    date: metadata.study_date ?? "",
    time: "",
    id: "",
    description: metadata.study_name ?? "",
    accessionNumber: metadata.accession_number ?? "",
    referringPhysicianName: "",
  },
  modality: metadata.modality ?? "",
  bodyPart: metadata.body_part ?? "",
});

/** The columns of a study that say whose it is and which one. */
type IdentityColumns = Pick<
  StudyRow,
  | "patientName"
  | "patientID"
  | "patientBirthDate"
  | "patientSex"
  | "studyDate"
  | "studyTime"
  | "studyID"
  | "studyDescription"
  | "accessionNumber"
  | "referringPhysicianName"
>;

export const columnsOf = ({ patient, study }: Identity): IdentityColumns => ({
  patientName: patient.name,
  patientID: patient.id,
  patientBirthDate: patient.birthDate,
  patientSex: patient.sex,
  studyDate: study.date,
  studyTime: study.time,
  studyID: study.id,
  studyDescription: study.description,
  accessionNumber: study.accessionNumber,
  referringPhysicianName: study.referringPhysicianName,
});

/** As it was accepted; empty where that is not kept any more. */
export const identityOfRow = (
  row: (IdentityColumns & { readonly modalities: readonly string[] }) | undefined,
  studyInstanceUID: string,
): Identity => ({
  patient: {
    name: row?.patientName ?? "",
    id: row?.patientID ?? "",
    birthDate: row?.patientBirthDate ?? "",
    sex: row?.patientSex ?? "",
  },
  study: {
    studyInstanceUID,
    date: row?.studyDate ?? "",
    time: row?.studyTime ?? "",
    id: row?.studyID ?? "",
    description: row?.studyDescription ?? "",
    accessionNumber: row?.accessionNumber ?? "",
    referringPhysicianName: row?.referringPhysicianName ?? "",
  },
  modality: row?.modalities[0] ?? "",
  bodyPart: "",
});

/** Pictures say nothing of their patient: somebody must have. */
export const isIdentified = ({ patient }: Pick<Identity, "patient">): boolean =>
  patient.id.trim() !== "" && patient.name.trim() !== "";
