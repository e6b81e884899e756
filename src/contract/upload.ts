import { type Static, Type } from "@sinclair/typebox";
import { closed } from "./shapes.ts";

/** Wire shapes of the upload routes (CONTRACT §3). Bodies are closed. */

/** Only the length is bounded here: what a DICOM value may not hold is seen to where one is written. */
const short = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const DicomDate = Type.String({ pattern: "^([0-9]{8})?$" });
const Uid = Type.String({ maxLength: 64, pattern: "^([0-9.]*)$" });
const Sha256 = Type.String({ pattern: "^([0-9a-fA-F]{64})?$" });

export const ServiceLevel = Type.Union([Type.Literal("routine"), Type.Literal("stat")]);
export const clinicalNotesMaxBytes = 65_536;

export const StudyMetadata = Type.Object(
  {
    study_name: short(1024),
    patient_name: short(1024),
    patient_id: short(64),
    patient_birth_date: Type.Optional(DicomDate),
    patient_sex: Type.Optional(Type.Union([Type.Literal("F"), Type.Literal("M"), Type.Literal("O"), Type.Literal("")])),
    study_date: Type.Optional(DicomDate),
    modality: short(16),
    accession_number: short(64),
    body_part: short(64),
    service_level: Type.Optional(ServiceLevel),
    clinical_notes: short(clinicalNotesMaxBytes),
    destination_ids: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 100 })),
  },
  closed,
);
export type StudyMetadata = Static<typeof StudyMetadata>;

export const DeclaredFile = Type.Object(
  {
    file_id: Type.String({ minLength: 1, maxLength: 128 }),
    /** Its rule has a code of its own: upload/rules.ts. */
    name: Type.String(),
    size_bytes: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    sop_instance_uid: Type.Optional(Uid),
    sha256: Type.Optional(Sha256),
  },
  closed,
);
export type DeclaredFile = Static<typeof DeclaredFile>;

export const ExpectedStudy = Type.Object(
  {
    study_instance_uid: Uid,
    patient_id: short(64),
    patient_birth_date: Type.Optional(DicomDate),
  },
  closed,
);
export type ExpectedStudy = Static<typeof ExpectedStudy>;

export const UploadInit = Type.Object(
  {
    study_metadata: Type.Optional(StudyMetadata),
    total_files: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    total_size_bytes: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    chunk_size: Type.Optional(Type.Integer()),
    files: Type.Optional(Type.Array(DeclaredFile)),
    expected_studies: Type.Optional(Type.Array(ExpectedStudy, { maxItems: 10_000 })),
    resend: Type.Optional(Type.Object({ reason: Type.String({ minLength: 1, maxLength: 1024 }) }, closed)),
  },
  closed,
);
export type UploadInit = Static<typeof UploadInit>;

/** What a person adds when confirming a study; patient fields count where its images lack them. */
/** Of a patient, in place of what the images say. */
export const PatientCorrections = Type.Object(
  {
    reason: Type.String({ minLength: 1, maxLength: 1024 }),
    patient_name: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
    patient_id: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    patient_birth_date: Type.Optional(DicomDate),
    patient_sex: StudyMetadata.properties.patient_sex,
  },
  closed,
);
export type PatientCorrections = Static<typeof PatientCorrections>;

export const ConfirmStudy = Type.Object(
  {
    clinical_notes: short(clinicalNotesMaxBytes),
    service_level: Type.Optional(ServiceLevel),
    patient_name: short(1024),
    patient_id: short(64),
    patient_birth_date: Type.Optional(DicomDate),
    patient_sex: StudyMetadata.properties.patient_sex,
    /** Only by who may correct (contract/permissions.ts). */
    corrections: Type.Optional(PatientCorrections),
  },
  closed,
);
export type ConfirmStudy = Static<typeof ConfirmStudy>;

/** What the sending device measured of its own line. The bounds keep one device from spoiling the sums of all. */
export const LineMeasured = Type.Object(
  {
    /** On the line, packed bytes, while something was being sent; up to 10 Gbit/s. */
    bytes_per_second: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_250_000_000 })),
    /** Requests given up because nothing moved any more. */
    stalls: Type.Integer({ minimum: 0, maximum: 1000 }),
    /** Requests whose connection broke. */
    breaks: Type.Integer({ minimum: 0, maximum: 1000 }),
  },
  closed,
);
export type LineMeasured = Static<typeof LineMeasured>;

/** `complete` takes no body, or this one. */
export const CompleteUpload = Type.Object({ line: Type.Optional(LineMeasured) }, closed);
export type CompleteUpload = Static<typeof CompleteUpload>;

export const RejectStudy = Type.Object({ reason: Type.String({ minLength: 1, maxLength: 1024 }) }, closed);

export const chunkSizes = { smallest: 4096, largest: 8_388_608, default: 1_048_576 } as const;
/** Most decoded bytes one chunk request may carry. */
export const maxRequestBytes = 8_388_608;

/** Chunk numbers, both ends inclusive. */
export type ChunkRange = [first: number, last: number];
