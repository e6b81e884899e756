import type { ExpectedStudy } from "../../src/contract/upload.ts";
import { archiveStem } from "./kind.ts";
import type { DraftPart, DraftStudy, ReadHeader } from "./types.ts";

/** What the worker found of one chosen file. */
export type Found =
  | { readonly kind: "dicom"; readonly index: number; readonly header: ReadHeader }
  /** Headers of images inside; none where it could not be read here. */
  | {
      readonly kind: "archive";
      readonly index: number;
      readonly headers: readonly ReadHeader[];
      readonly leftOut: number;
      /** Looked into, and nothing in it is an image or an archive. */
      readonly empty: boolean;
    }
  | { readonly kind: "locked" | "picture" | "clutter" | "unreadable"; readonly index: number };

export interface NamedSize {
  readonly name: string;
  readonly size: number;
}

/** A draft before its files are put back: `files` are indexes of what was chosen. */
export type DraftPlan = Omit<DraftStudy, "files"> & {
  readonly files: readonly number[];
  /** What the person confirms goes along (CONTRACT §3, `expected_studies`). */
  readonly expected: readonly ExpectedStudy[];
};

export interface Grouped {
  readonly drafts: readonly DraftPlan[];
  readonly leftOut: number;
  readonly unreadable: readonly number[];
}

/**
 * Groups by Study Instance UID and patient: one draft is one upload. Archives are drafts of their own, the volumes of one together;
 * pictures are one draft together, but a disc's own thumbnails, lying in folders beside its images, are clutter.
 */
export function group(found: readonly Found[], chosen: readonly NamedSize[], newId: () => string): Grouped {
  const name = (index: number) => chosen[index]?.name ?? "";
  const images = Map.groupBy(
    found.filter((one) => one.kind === "dicom"),
    ({ header }) => studyKey(header),
  );
  const onDisc = (index: number) => images.size > 0 && /[/\\]/.test(name(index));
  const pictures = found.filter(({ kind, index }) => kind === "picture" && !onDisc(index));
  const thumbnails = found.filter(({ kind, index }) => kind === "picture" && onDisc(index));
  const archives = Map.groupBy(
    found.filter((one) => one.kind === "archive" || one.kind === "locked"),
    ({ index }) => archiveStem(name(index)),
  );
  const draft = (
    kind: DraftPlan["kind"],
    files: readonly number[],
    headers: readonly ReadHeader[],
    warnings: string[],
  ) => makeDraft(newId(), kind, files, headers, warnings, chosen);
  return {
    drafts: [
      ...[...images.values()].map((ones) =>
        draft(
          "dicom",
          ones.map(({ index }) => index),
          ones.map(({ header }) => header),
          [],
        ),
      ),
      ...[...archives.values()].map((ones) =>
        draft(
          "archive",
          ones.map(({ index }) => index),
          ones.flatMap((one) => (one.kind === "archive" ? one.headers : [])),
          [
            ...(ones.some(({ kind }) => kind === "locked") ? ["archive_encrypted"] : []),
            ...(ones.every((one) => one.kind === "archive" && one.empty) ? ["nothing_to_send"] : []),
          ],
        ),
      ),
      ...(pictures.length === 0
        ? []
        : [
            draft(
              "pictures",
              pictures.map(({ index }) => index),
              [],
              [],
            ),
          ]),
    ],
    leftOut:
      found.filter(({ kind }) => kind === "clutter").length +
      thumbnails.length +
      found.reduce((sum, one) => sum + (one.kind === "archive" ? one.leftOut : 0), 0),
    unreadable: found.filter(({ kind }) => kind === "unreadable").map(({ index }) => index),
  };
}

const partOf = (headers: readonly ReadHeader[]): DraftPart => ({
  patientName: headers[0]?.patientName ?? "",
  patientID: headers[0]?.patientID ?? "",
  patientBirthDate: headers[0]?.patientBirthDate ?? "",
  studyDate: headers[0]?.studyDate ?? "",
  modality: headers[0]?.modality ?? "",
  imageCount: headers.length,
});

const studyKey = (header: ReadHeader) =>
  JSON.stringify([header.studyInstanceUID, header.patientID, header.patientBirthDate]);

function makeDraft(
  id: string,
  kind: DraftPlan["kind"],
  files: readonly number[],
  headers: readonly ReadHeader[],
  warnings: readonly string[],
  chosen: readonly NamedSize[],
): DraftPlan {
  const studies = [...Map.groupBy(headers, studyKey).values()];
  const heads = studies.flatMap(([header]) => header ?? []);
  const patients = new Set(heads.map((header) => `${header.patientID}\n${header.patientBirthDate}`));
  const first = (field: keyof ReadHeader) => headers.find((header) => header[field] !== "")?.[field] ?? "";
  return {
    id,
    kind,
    studyInstanceUID: heads.length === 1 ? (heads[0]?.studyInstanceUID ?? "") : "",
    patientName: first("patientName"),
    patientID: first("patientID"),
    patientBirthDate: first("patientBirthDate"),
    patientSex: first("patientSex"),
    studyDate: first("studyDate"),
    description: first("studyDescription"),
    bodyPart: first("bodyPart"),
    parts: studies.length > 1 ? studies.map(partOf) : [],
    modalities: [...new Set(headers.map(({ modality }) => modality).filter((modality) => modality !== ""))].sort(),
    seriesCount: new Set(headers.map(({ seriesInstanceUID }) => seriesInstanceUID)).size,
    imageCount: headers.length > 0 ? headers.length : kind === "pictures" ? files.length : 0,
    bytes: files.reduce((sum, index) => sum + (chosen[index]?.size ?? 0), 0),
    files,
    archives: kind === "archive" ? files.map((index) => chosen[index]?.name ?? "") : [],
    warnings: [
      ...warnings,
      ...(patients.size > 1 ? ["several_patients"] : []),
      ...(headers.some(({ patientID, patientName }) => patientID === "" || patientName === "")
        ? ["patient_missing"]
        : []),
    ],
    expected: heads.map(({ studyInstanceUID, patientID, patientBirthDate }) => ({
      study_instance_uid: studyInstanceUID,
      patient_id: patientID,
      patient_birth_date: /^\d{8}$/.test(patientBirthDate) ? patientBirthDate : "",
    })),
  };
}
