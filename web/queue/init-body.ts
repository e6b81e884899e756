import type { ExpectedStudy, StudyMetadata, UploadInit } from "../../src/contract/upload.ts";
import { patientKey } from "../core/patient-key.ts";
import type { Manifest } from "./record.ts";
import type { Confirmation, DraftStudy } from "./types.ts";

/** The smallest chunk: a request carries as many as the link allows at the moment. */
export const chunkSize = 4096;

/** A file's id at the box is its number in the manifest. */
export const fileId = (index: number) => String(index);

/** What `POST /upload/init` is told; the same at every repetition, for the Idempotency-Key holds its body to that. */
export function initBody(manifest: Manifest): UploadInit {
  const { confirmation, files, expected } = manifest;
  // What the archive has uncorrected does not count: the box needs the bytes to correct them.
  const again = confirmation.resendReason || confirmation.correction?.reason || "";
  return {
    study_metadata: metadata(manifest),
    total_files: files.length,
    total_size_bytes: files.reduce((sum, { size }) => sum + size, 0),
    chunk_size: chunkSize,
    files: files.map((file, index) => ({
      file_id: fileId(index),
      name: file.name,
      size_bytes: file.size,
      ...(file.sopInstanceUID === "" ? {} : { sop_instance_uid: file.sopInstanceUID }),
      ...(file.sha256 === "" ? {} : { sha256: file.sha256 }),
    })),
    ...(expected === null ? {} : { expected_studies: [...expected] }),
    ...(again === "" ? {} : { resend: { reason: again.slice(0, 1024) } }),
  };
}

const sexes = new Set(["F", "M", "O"]);
const date = (text: string) => (/^\d{8}$/.test(text) ? text : "");

function metadata({ confirmation, title }: Manifest): StudyMetadata {
  return {
    study_name: confirmation.studyName.slice(0, 1024),
    patient_name: confirmation.patientName.slice(0, 1024),
    patient_id: confirmation.patientID.slice(0, 64),
    patient_birth_date: date(confirmation.patientBirthDate),
    patient_sex: sexes.has(confirmation.patientSex) ? (confirmation.patientSex as "F" | "M" | "O") : "",
    study_date: date(title.studyDate),
    modality: (title.modalities[0] ?? "").slice(0, 16),
    accession_number: confirmation.accessionNumber.slice(0, 64),
    service_level: confirmation.serviceLevel,
    clinical_notes: confirmation.clinicalNotes,
  };
}

/**
 * What the person confirmed, so that anything else waits for a word (CONTRACT §3).
 * @param read studies whose headers this device has read
 * @returns null for pictures, which have no study yet; [] lets all wait: nobody has seen what is in a closed archive, or what is
 *   there is to be corrected
 */
export function expectedOf(
  draft: Pick<DraftStudy, "kind">,
  confirmation: Pick<Confirmation, "patientID" | "patientBirthDate" | "patients" | "correction">,
  read: readonly ExpectedStudy[],
): ExpectedStudy[] | null {
  if (draft.kind === "pictures") return null;
  if (confirmation.correction !== undefined) return []; // it waits for its correction
  const { patients } = confirmation;
  const checked = (study: ExpectedStudy) =>
    patients === undefined || patients.includes(patientKey(study.patient_id ?? "", study.patient_birth_date ?? ""));
  const named = read.filter(checked).map((study) => ({
    study_instance_uid: /^[0-9.]{1,64}$/.test(study.study_instance_uid) ? study.study_instance_uid : "",
    ...(study.patient_id === undefined ? {} : { patient_id: study.patient_id.slice(0, 64) }),
    ...(study.patient_birth_date ? { patient_birth_date: study.patient_birth_date } : {}),
  }));
  if (named.length > 0 || patients !== undefined || confirmation.patientID === "") return named;
  const birth = date(confirmation.patientBirthDate);
  return [
    {
      study_instance_uid: "",
      patient_id: confirmation.patientID,
      ...(birth === "" ? {} : { patient_birth_date: birth }),
    },
  ];
}

const forbidden = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** Most names; to look no further matters where there are ten thousand. */
const plain = /^(?!\.)(?!.*\/\.)[\w.-][\w./ -]{0,1000}$/;

/** A name the box takes (CONTRACT §3): what it refuses is replaced, for a file is never left behind for its name. */
export function safeName(name: string): string {
  if (plain.test(name)) return name;
  const parts = name.replaceAll("\\", "/").replace(forbidden, "_").split("/");
  const clean = parts
    .map((part) => (part === ".." || part === "." ? "_" : part))
    .join("/")
    .replace(/^\/+/, "");
  const bytes = new TextEncoder().encode(clean.toWellFormed());
  if (bytes.length === 0) return "file";
  return bytes.length <= 1024
    ? clean.toWellFormed()
    : new TextDecoder().decode(bytes.slice(-1000)).replace(/^\ufffd+/, "");
}
