import type { UploadSummary } from "../../src/contract/status.ts";
import type { ExpectedStudy } from "../../src/contract/upload.ts";
import type { Confirmation, LocalState, QueuedStudy, WaitCause } from "./types.ts";

/** One file of a study, as the box is told of it. */
export interface FileRecord {
  readonly name: string;
  readonly size: number;
  readonly sopInstanceUID: string;
  /** Hexadecimal; "" where it could not be told. */
  readonly sha256: string;
}

/** What a study is made of; never changes after it was saved, so that a repeated init has the same body. */
export interface Manifest {
  readonly id: string;
  readonly userId: string;
  readonly createdAt: number;
  readonly kind: "dicom" | "archive" | "pictures";
  readonly title: QueuedStudy["title"];
  readonly imageCount: number;
  readonly totalBytes: number;
  readonly files: readonly FileRecord[];
  readonly confirmation: Confirmation;
  /** null: nothing was read that could be held against what comes. */
  readonly expected: readonly ExpectedStudy[] | null;
  /** The study that its person corrects, as it was shown to them. */
  readonly corrects?: ExpectedStudy;
}

/** Where it stands; written at each step that a restart has to know of. */
export interface Progress {
  readonly state: Exclude<LocalState, "saving" | "uploading">;
  readonly cause: WaitCause | null;
  /** Counts up when the same files start a new upload; part of the Idempotency-Key. */
  readonly generation: number;
  readonly uploadId: string | null;
  readonly token: string | null;
  readonly tokenExpiresAt: number;
  readonly chunkSize: number;
  readonly maxRequestBytes: number;
  readonly status: UploadSummary | null;
  readonly error: QueuedStudy["error"];
  readonly finishedAt: number | null;
  /** Files that every destination had confirmed before; absent in what an older version wrote. */
  readonly alreadyThere?: number;
  readonly atBoxAt?: number | null;
  /** Why the box did not take the correction that was made before sending; a person has to look. */
  readonly correctionRefused?: QueuedStudy["error"];
}

export const freshProgress: Progress = {
  state: "waiting",
  cause: null,
  generation: 0,
  uploadId: null,
  token: null,
  tokenExpiresAt: 0,
  chunkSize: 4096,
  maxRequestBytes: 8_388_608,
  status: null,
  error: null,
  finishedAt: null,
};

/** What is left on the device of a finished study: nothing of a patient, no name of a file. */
export interface Done {
  readonly id: string;
  readonly userId: string;
  readonly createdAt: number;
  readonly serviceLevel: "routine" | "stat";
  readonly modalities: readonly string[];
  readonly imageCount: number;
  readonly totalBytes: number;
  readonly progress: Progress;
}

export function doneOf(manifest: Manifest, progress: Progress): Done {
  const { id, userId, createdAt, title, imageCount, totalBytes, confirmation } = manifest;
  return {
    id,
    userId,
    createdAt,
    serviceLevel: confirmation.serviceLevel,
    modalities: title.modalities,
    imageCount,
    totalBytes,
    progress: {
      ...progress,
      token: null,
      tokenExpiresAt: 0,
      status: progress.status && withoutPatient(progress.status),
    },
  };
}

/** The box's last word without what tells who it is about. */
export const withoutPatient = (status: UploadSummary): UploadSummary => ({
  ...status,
  studies: status.studies.map((study) => ({
    ...study,
    study_instance_uid: "",
    patient_name: null,
    patient_id: null,
    patient_birth_date: null,
    study_date: null,
    study_description: null,
  })),
  warnings: status.warnings.map(({ code, message }) => ({ code, message: code === "left_out" ? message : "" })),
});

/** A finished study after a restart: its card without a name. */
export const manifestOfDone = (done: Done): Manifest => ({
  id: done.id,
  userId: done.userId,
  createdAt: done.createdAt,
  kind: "dicom",
  title: {
    patientName: "",
    patientID: "",
    patientBirthDate: "",
    studyDate: "",
    description: "",
    modalities: done.modalities,
  },
  imageCount: done.imageCount,
  totalBytes: done.totalBytes,
  files: [],
  confirmation: {
    patientName: "",
    patientID: "",
    patientBirthDate: "",
    patientSex: "",
    serviceLevel: done.serviceLevel,
    clinicalNotes: "",
    studyName: "",
    accessionNumber: "",
    resendReason: "",
  },
  expected: null,
});
