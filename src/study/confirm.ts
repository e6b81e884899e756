import type { ConfirmStudy } from "../contract/upload.ts";
import type { Config } from "../core/config-schema.ts";
import { RelayError } from "../core/errors.ts";
import type { Database, Queries } from "../db/database.ts";
import {
  findStudy,
  insertInstances,
  instancesOf,
  type StudyRow,
  sourcePicturesOf,
  updateStudy,
} from "../db/studies.ts";
import { addFindings, findUpload, type NewFinding } from "../db/uploads.ts";
import { findUser } from "../db/users.ts";
import { settleUpload } from "../forward/settle.ts";
import { syncFolderTree } from "../intake/sync-folder.ts";
import type { Spool } from "../upload/spool.ts";
import { queueStudy, rowsOf } from "./accept.ts";
import { makeObjects } from "./make-objects.ts";
import { type Identity, isIdentified } from "./plan.ts";

export interface ConfirmDeps {
  readonly db: Database;
  readonly spool: Spool;
  readonly config: () => Config;
  readonly hashKey: Uint8Array;
  readonly now: () => number;
}

/** @throws RelayError not_found, study_not_waiting */
function waitingStudy(q: Queries, uploadId: string, studyInstanceUID: string) {
  const upload = findUpload(q, uploadId);
  const study = findStudy(q, uploadId, studyInstanceUID);
  if (!upload || !study) throw new RelayError("not_found");
  if (upload.state !== "needs_confirmation" || study.decision !== "needs_confirmation")
    throw new RelayError("study_not_waiting");
  return { upload, study };
}

/** What a person adds counts where the images themselves say nothing. */
function identityWith(study: StudyRow, body: ConfirmStudy): Identity {
  const said = (own: string | null, added: string | undefined) => own || added?.trim() || "";
  return {
    patient: {
      name: said(study.patientName, body.patient_name),
      id: said(study.patientID, body.patient_id),
      birthDate: said(study.patientBirthDate, body.patient_birth_date),
      sex: said(study.patientSex, body.patient_sex),
    },
    study: {
      studyInstanceUID: study.studyInstanceUID,
      date: study.studyDate ?? "",
      time: "",
      id: "",
      description: study.studyDescription ?? "",
      accessionNumber: study.accessionNumber ?? "",
      referringPhysicianName: "",
    },
    modality: study.modalities[0] ?? "",
    bodyPart: "",
  };
}

/**
 * A person says that this study is right: what waits becomes DICOM, and it goes.
 * @throws RelayError not_found, study_not_waiting, metadata_required, insufficient_storage
 */
export async function confirmStudy(
  deps: ConfirmDeps,
  uploadId: string,
  studyInstanceUID: string,
  body: ConfirmStudy,
): Promise<void> {
  const { db, spool } = deps;
  const { upload, study } = waitingStudy(db.orm, uploadId, studyInstanceUID);
  const identity = identityWith(study, body);
  const pictures = sourcePicturesOf(db.orm, study.id).map((row) => ({ ...row, fileName: row.fileName ?? "" }));
  if (pictures.length > 0 && !isIdentified(identity)) throw new RelayError("metadata_required");
  const sent = instancesOf(db.orm, [study.id]).length;
  const notes = (body.clinical_notes ?? study.clinicalNotes) || null;
  const serviceLevel = body.service_level ?? study.serviceLevel;
  const findings: NewFinding[] = [];
  // A folder of its own for each call: two at once must not empty each other's.
  const into = `made/${crypto.randomUUID()}`;
  spool.emptyFolder(uploadId, into);
  const made = await makeObjects(
    { identity, images: sent, pictures, notes },
    {
      folder: spool.folder(uploadId),
      into,
      config: deps.config(),
      hashKey: deps.hashKey,
      uploadId,
      serviceLevel,
      author: findUser(db.orm, upload.userId)?.username ?? "",
      now: new Date(deps.now()),
      signal: new AbortController().signal,
      tell: ({ code, message }, severity, fileName) => findings.push({ code, severity, message, fileName }),
    },
  );
  await syncFolderTree(spool.path(uploadId, into));

  db.transaction((tx) => {
    waitingStudy(tx, uploadId, studyInstanceUID); // the other of two calls at once may have been first
    const images = made.filter(({ notesAs }) => !notesAs);
    const modalities = [...study.modalities, ...images.map(({ inspected }) => inspected.modality)];
    const known = [...new Set(modalities)].filter(Boolean).sort();
    const instanceCount = sent + images.length;
    addFindings(tx, uploadId, findings);
    insertInstances(tx, rowsOf(study.id, made));
    const { name, id, birthDate, sex } = identity.patient;
    const patient = { patientName: name, patientID: id, patientBirthDate: birthDate, patientSex: sex };
    const seriesCount = study.seriesCount + new Set(images.map(({ inspected }) => inspected.seriesInstanceUID)).size;
    updateStudy(tx, study.id, {
      ...patient,
      // Pictures that all turned out to be damaged leave nothing to send.
      decision: instanceCount > 0 ? "accepted" : "rejected",
      serviceLevel,
      clinicalNotes: notes,
      modalities: known,
      seriesCount,
      instanceCount,
    });
    if (instanceCount > 0)
      queueStudy(tx, deps.config(), upload, { studyId: study.id, modalities: known, serviceLevel }, deps.now());
    settleUpload(tx, uploadId, deps.now());
  });
}

/**
 * A person says that this study is wrong: nothing of it goes.
 * @throws RelayError not_found, study_not_waiting
 */
export function rejectStudy(
  deps: Pick<ConfirmDeps, "db" | "now">,
  uploadId: string,
  studyInstanceUID: string,
  reason: string,
): void {
  deps.db.transaction((tx) => {
    const { study } = waitingStudy(tx, uploadId, studyInstanceUID);
    updateStudy(tx, study.id, { decision: "rejected", rejectReason: reason });
    settleUpload(tx, uploadId, deps.now());
  });
}
