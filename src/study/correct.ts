import { rmSync } from "node:fs";
import { stat } from "node:fs/promises";
import type { ConfirmStudy } from "../contract/upload.ts";
import { RelayError } from "../core/errors.ts";
import type { InstanceRow } from "../db/studies.ts";
import { correctPatient, type PatientChanges, type PatientKeyword } from "../dicom/correct-patient.ts";
import { hashInstance } from "../dicom/data-set-bytes.ts";
import { inspect } from "../dicom/inspect.ts";
import type { InspectedInstance } from "../dicom/inspection.ts";
import { UnwritableValue } from "../dicom/write-values.ts";
import { syncFolderTree } from "../intake/sync-folder.ts";
import { objectKeyOf } from "./duplicates.ts";
import type { Identity } from "./identity.ts";
import type { ConfirmDeps } from "./make-later.ts";

type Patient = Identity["patient"];
type Field = "patient_name" | "patient_id" | "patient_birth_date" | "patient_sex";

/** The same field by its names on the wire, in DICOM, of an inspected image and of an identity. */
const fields: readonly (readonly [
  Field,
  PatientKeyword,
  keyof InspectedInstance & `patient${string}`,
  keyof Patient,
])[] = [
  ["patient_name", "PatientName", "patientName", "name"],
  ["patient_id", "PatientID", "patientID", "id"],
  ["patient_birth_date", "PatientBirthDate", "patientBirthDate", "birthDate"],
  ["patient_sex", "PatientSex", "patientSex", "sex"],
];

/** What a person said of a patient: `lacking` goes where images say nothing, `instead` in place of what they say. */
export interface Corrections {
  readonly lacking: PatientChanges;
  readonly instead: PatientChanges;
}

export function correctionsOf(body: ConfirmStudy, own: Patient): Corrections {
  const lacking = fields.flatMap(([wire, keyword, , field]) => {
    const said = body[wire]?.trim() ?? "";
    return said !== "" && own[field].trim() === "" ? [[keyword, said] as const] : [];
  });
  const instead = fields.flatMap(([wire, keyword]) => {
    const said = body.corrections?.[wire]?.trim() ?? "";
    return said === "" ? [] : [[keyword, said] as const];
  });
  return { lacking: Object.fromEntries(lacking), instead: Object.fromEntries(instead) };
}

/** Who the patient is after that. */
export function correctedPatient(own: Patient, { instead }: Corrections): Patient {
  const changed = fields.flatMap(([, keyword, , field]) => {
    const said = instead[keyword];
    return said === undefined ? [] : [[field, said] as const];
  });
  return { ...own, ...Object.fromEntries(changed) };
}

function changesOf(image: InspectedInstance, { lacking, instead }: Corrections): PatientChanges {
  const wanted = fields.flatMap(([, keyword, field]) => {
    const said = instead[keyword] ?? (image[field] === "" ? lacking[keyword] : undefined);
    return said === undefined || said === image[field] ? [] : [[keyword, said] as const];
  });
  return Object.fromEntries(wanted);
}

export interface CorrectedInstances {
  /** The columns of each row that changes. */
  readonly rows: readonly (Pick<
    InstanceRow,
    "id" | "path" | "fileSize" | "dataSetOffset" | "head" | "sha256" | "objectKey"
  > & { readonly corrected: string[] })[];
  /** Removes what was written, where it is not needed. */
  readonly undo: () => void;
}

/**
 * Writes those images of a study anew that do not say what a person said of their patient; the others stay as they are. Nothing
 * counts before the rows are in the database.
 * @throws RelayError image_identity_unfit, correction_unfit, correction_signed, insufficient_storage
 */
export async function correctInstances(
  { spool, config, hashKey, now }: ConfirmDeps,
  uploadId: string,
  instances: readonly InstanceRow[],
  corrections: Corrections,
): Promise<CorrectedInstances> {
  const none = Object.keys({ ...corrections.lacking, ...corrections.instead }).length === 0;
  if (none || instances.length === 0) return { rows: [], undo: () => {} };
  const into = `made/${crypto.randomUUID()}`;
  const undo = () => rmSync(spool.path(uploadId, into), { recursive: true, force: true });
  const options = { extraSopClasses: config().intake.extra_sop_classes };
  const at = new Date(now().wall);
  spool.requireRoom(instances.reduce((sum, { fileSize }) => sum + fileSize, 0));
  await spool.emptyFolder(uploadId, into);
  const rows: CorrectedInstances["rows"][number][] = [];
  try {
    for (const [index, row] of instances.entries()) {
      const before = await inspect(spool.path(uploadId, row.path), options);
      if (before.kind !== "instance") throw new Error("an accepted image cannot be read any more");
      const changes = changesOf(before, corrections);
      const corrected = Object.keys(changes);
      if (corrected.length === 0) continue;
      const path = `${into}/${index}`;
      const absolute = spool.path(uploadId, path);
      const source = { ...row, path: spool.path(uploadId, row.path) };
      const done = await correctPatient(source, changes, absolute, at);
      if (done === "signed") throw new RelayError("correction_signed");
      const after = done === "done" ? await inspect(absolute, options) : null;
      if (after?.kind !== "instance") throw new RelayError("correction_unfit");
      const { dataSetOffset, head } = after;
      const sha256 = await hashInstance(absolute, head, dataSetOffset);
      rows.push({
        id: row.id,
        path,
        fileSize: (await stat(absolute)).size,
        dataSetOffset,
        head: head === null ? null : Buffer.from(head),
        sha256,
        // Another object than the one that came: what was delivered of that one does not speak for it.
        objectKey: objectKeyOf(hashKey, sha256),
        corrected,
      });
    }
    await syncFolderTree(spool.path(uploadId, into));
    return { rows, undo };
  } catch (error) {
    undo();
    throw error instanceof UnwritableValue ? new RelayError("image_identity_unfit") : error;
  }
}
