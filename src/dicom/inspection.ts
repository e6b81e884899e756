import type { ErrorCode, Finding } from "../contract/errors.ts";

/** What is known of one SOP Instance after its header was read; names as in PS3.6, values decoded to Unicode and trimmed. */
export interface InspectedInstance {
  readonly kind: "instance";
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly transferSyntaxUID: string;
  /** Byte offset of the data set in the file (behind preamble and file meta). */
  readonly dataSetOffset: number;
  /** A new preamble + DICM + file meta to go out instead of the file's own, or null where the file's own is right. */
  readonly head: Uint8Array | null;
  readonly patientName: string;
  readonly patientID: string;
  /** YYYYMMDD as in the file, "" where absent. */
  readonly patientBirthDate: string;
  readonly patientSex: string;
  readonly studyDate: string;
  readonly studyTime: string;
  readonly studyDescription: string;
  readonly studyID: string;
  readonly accessionNumber: string;
  readonly referringPhysicianName: string;
  readonly modality: string;
  readonly bodyPartExamined: string;
  readonly institutionName: string;
  /** Source Application Entity Title (0002,0016): who wrote the file (PS3.10 7.1); "" where the meta has none. */
  readonly sourceAETitle: string;
  readonly seriesNumber: string;
  readonly seriesDescription: string;
  readonly instanceNumber: string;
  readonly imagesInAcquisition: string;
  /** Warnings; the instance goes out all the same. Without fileName, the caller adds it. */
  readonly warnings: readonly Finding[];
}

export type Inspection =
  | InspectedInstance
  /** A DICOMDIR (Media Storage Directory Storage): counted and left out. */
  | { readonly kind: "dicomdir" }
  /** DICOM, but not to be sent. */
  | { readonly kind: "refused"; readonly code: ErrorCode; readonly message: string }
  /** Not DICOM by its content. */
  | { readonly kind: "not_dicom" };
