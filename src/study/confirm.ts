import { type Actor, record } from "../audit/record.ts";
import { type ConfirmStudy, clinicalNotesMaxBytes } from "../contract/upload.ts";
import { RelayError } from "../core/errors.ts";
import type { Queries, Transaction } from "../db/database.ts";
import { orderOf } from "../db/invitations.ts";
import {
  findStudy,
  insertInstances,
  instancesOf,
  type StudyRow,
  sourcePicturesOf,
  studiesOf,
  updateInstance,
  updateStudy,
} from "../db/studies.ts";
import { addFindings, filesOf, findUpload, removeFindings, type UploadRow } from "../db/uploads.ts";
import { hashInstance } from "../dicom/data-set-bytes.ts";
import { settleUpload } from "../forward/settle.ts";
import { queueStudy, rowsOf } from "./accept.ts";
import { assignNotes } from "./assign-notes.ts";
import { correctedPatient, correctInstances, correctionsOf } from "./correct.ts";
import { differsFromOrder, waitReasons } from "./decide.ts";
import { unprovenFiles } from "./duplicates.ts";
import { columnsOf, type Identity, identityOfRow, isIdentified } from "./identity.ts";
import { type ConfirmDeps, makeLater } from "./make-later.ts";
import type { Picture } from "./plan.ts";

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
function identityWith(upload: UploadRow, study: StudyRow, body: ConfirmStudy): Identity {
  const own = identityOfRow(study, study.studyInstanceUID);
  const { patient } = own;
  return {
    ...own,
    patient: {
      name: patient.name || body.patient_name?.trim() || "",
      id: patient.id || body.patient_id?.trim() || "",
      birthDate: patient.birthDate || body.patient_birth_date || "",
      sex: patient.sex || body.patient_sex || "",
    },
    modality: own.modality || upload.metadata?.modality || "",
    bodyPart: upload.metadata?.body_part ?? "",
  };
}

/** The schema counts characters. */
function checkNotes(notes: string): void {
  const message = `at most ${clinicalNotesMaxBytes} bytes`;
  if (Buffer.byteLength(notes) > clinicalNotesMaxBytes)
    throw new RelayError("invalid_request", undefined, { errors: [{ path: "clinical_notes", message }] });
}

/** What waits of a study: files, which lie there as they came. */
const picturesOf = ({ db, spool }: ConfirmDeps, uploadId: string, studyId: string): Promise<Picture[]> =>
  Promise.all(
    sourcePicturesOf(db.orm, studyId).map(async ({ kind, path, fileName }) => ({
      kind,
      path,
      fileName: fileName ?? "",
      sha256: await hashInstance(spool.path(uploadId, path), null, 0),
    })),
  );

/** Once no study waits any more, what was asked of the person is no warning any more. */
function forgetQuestions(tx: Transaction, uploadId: string): void {
  if (studiesOf(tx, uploadId).some(({ decision }) => decision === "needs_confirmation")) return;
  removeFindings(tx, uploadId, waitReasons);
}

/**
 * A person says that this study is right: what waits becomes DICOM, and it goes. Of one that does not wait it can be said that the
 * upload's notes are its own.
 * @param byGuest a QR session's own device, which says nothing against the order
 * @throws RelayError not_found, study_not_waiting, order_differs, metadata_required, image_identity_unfit, correction_unfit, correction_signed,
 *   invalid_request, insufficient_storage, service_unavailable, upload_closed, notes_not_sent
 */
export async function confirmStudy(
  deps: ConfirmDeps,
  uploadId: string,
  studyInstanceUID: string,
  body: ConfirmStudy,
  by: Actor,
  byGuest = false,
): Promise<void> {
  const { db } = deps;
  checkNotes(body.clinical_notes ?? "");
  if (findStudy(db.orm, uploadId, studyInstanceUID)?.decision === "accepted")
    return await assignNotes(deps, uploadId, studyInstanceUID, body, by);
  const { upload, study } = waitingStudy(db.orm, uploadId, studyInstanceUID);
  const own = identityWith(upload, study, body);
  const corrections = correctionsOf(body, identityOfRow(study, studyInstanceUID).patient);
  const identity = { ...own, patient: correctedPatient(own.patient, corrections) };
  if (byGuest && differsFromOrder(orderOf(db.orm, upload), identity)) throw new RelayError("order_differs");
  const pictures = await picturesOf(deps, uploadId, study.id);
  if (pictures.length > 0 && !isIdentified(identity)) throw new RelayError("metadata_required");
  const instances = instancesOf(db.orm, [study.id]);
  const sent = instances.length;
  const notes = (body.clinical_notes ?? study.clinicalNotes) || null;
  const serviceLevel = body.service_level ?? study.serviceLevel;
  const plan = { identity, modalities: study.modalities, images: sent, pictures, notes, tags: study.routeTags };
  const corrected = await correctInstances(deps, uploadId, instances, corrections);
  const rewritten = corrected.rows.length;
  await makeLater(deps, upload, plan, serviceLevel, (tx, made, told) => {
    waitingStudy(tx, uploadId, studyInstanceUID); // the other of two calls at once may have been first
    const images = made.filter(({ notesAs }) => !notesAs);
    const modalities = [...study.modalities, ...images.map(({ inspected }) => inspected.modality)];
    const known = [...new Set(modalities)].filter(Boolean).sort();
    const somethingGoes = sent + images.length > 0;
    addFindings(tx, uploadId, told);
    // Another urgency may lead to another archive than the one that had the rest of the study.
    const asked = { serviceLevel, destinationIds: upload.destinationIds };
    addFindings(tx, uploadId, unprovenFiles(tx, deps.config(), asked, filesOf(tx, uploadId)));
    for (const { id, ...columns } of corrected.rows) updateInstance(tx, id, columns);
    insertInstances(tx, rowsOf(study.id, made));
    const seriesCount = study.seriesCount + new Set(images.map(({ inspected }) => inspected.seriesInstanceUID)).size;
    updateStudy(tx, study.id, {
      ...columnsOf(identity),
      // Pictures that all turned out to be damaged leave nothing to send.
      decision: somethingGoes ? "accepted" : "rejected",
      serviceLevel,
      clinicalNotes: notes,
      modalities: known,
      seriesCount,
      instanceCount: study.instanceCount - pictures.length + images.length,
    });
    if (somethingGoes)
      queueStudy(
        tx,
        deps.config(),
        upload,
        { studyId: study.id, modalities: known, tags: study.routeTags, serviceLevel },
        deps.now(),
      );
    if (body.clinical_notes) removeFindings(tx, uploadId, ["notes_not_assigned"]);
    forgetQuestions(tx, uploadId);
    if (body.corrections || rewritten > 0) {
      const { reason: text } = body.corrections ?? {};
      const reason = text === undefined ? undefined : { text, box: deps.now().box };
      record(tx, {
        by,
        event: "study.corrected",
        uploadId,
        studyInstanceUID,
        details: { instances: rewritten },
        reason,
      });
    }
    record(tx, { by, event: "study.confirmed", uploadId, studyInstanceUID, details: { service_level: serviceLevel } });
    settleUpload(tx, uploadId, deps.now());
  }).catch((error: unknown) => {
    corrected.undo();
    throw error;
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
  by: Actor,
): void {
  deps.db.transaction((tx) => {
    const { study } = waitingStudy(tx, uploadId, studyInstanceUID);
    updateStudy(tx, study.id, { decision: "rejected", rejectReason: reason });
    forgetQuestions(tx, uploadId);
    const words = { text: reason, box: deps.now().box };
    record(tx, { by, event: "study.rejected", uploadId, studyInstanceUID, reason: words });
    settleUpload(tx, uploadId, deps.now());
  });
}
