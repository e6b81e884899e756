import { type Actor, record } from "../audit/record.ts";
import { type DeliveryState, isSettled, isTerminal } from "../contract/states.ts";
import type { ConfirmStudy } from "../contract/upload.ts";
import { RelayError } from "../core/errors.ts";
import type { Queries, Transaction } from "../db/database.ts";
import { countForDelivery } from "../db/delivered.ts";
import { changeDelivery, changedNow, moveDelivery } from "../db/deliveries.ts";
import { deliveriesOf, findStudy, insertInstances, instancesOf, updateStudy } from "../db/studies.ts";
import { addFindings, findingsOf, findUpload, removeFindings } from "../db/uploads.ts";
import { retryUntil } from "../forward/enqueue.ts";
import { settleUpload } from "../forward/settle.ts";
import { rowsOf } from "./accept.ts";
import { identityOfRow } from "./identity.ts";
import { type ConfirmDeps, makeLater } from "./make-later.ts";

/**
 * Notes of an upload with several studies go with none until a person names one (CONTRACT §4.6): also one that waits for nobody,
 * as long as the upload has not ended. What is through already goes once more to its destinations, with the notes alone.
 * @throws RelayError upload_closed; study_not_waiting where no notes are to be assigned, or more than notes is asked for;
 *   notes_not_sent where every image of the study was delivered before, or nothing of it goes any more; insufficient_storage
 */
export async function assignNotes(
  deps: ConfirmDeps,
  uploadId: string,
  studyInstanceUID: string,
  body: ConfirmStudy,
  by: Actor,
): Promise<void> {
  const { upload, study } = requireWanted(deps.db.orm, uploadId, studyInstanceUID, body);
  const notes = body.clinical_notes ?? "";
  const images = instancesOf(deps.db.orm, [study.id]).length;
  const identity = identityOfRow(study, studyInstanceUID);
  const plan = { identity, modalities: study.modalities, images, pictures: [], notes, tags: study.routeTags };
  await makeLater(deps, upload, plan, study.serviceLevel, (tx, made, told) => {
    requireWanted(tx, uploadId, studyInstanceUID, body); // the other of two calls at once may have been first
    insertInstances(tx, rowsOf(study.id, made));
    updateStudy(tx, study.id, { clinicalNotes: notes });
    removeFindings(tx, uploadId, ["notes_not_assigned"]);
    addFindings(tx, uploadId, told);
    extendDeliveries(tx, deps, uploadId, study.id);
    record(tx, { by, event: "study.confirmed", uploadId, studyInstanceUID, details: { kind: "notes" } });
    settleUpload(tx, uploadId, deps.now());
  });
}

function requireWanted(q: Queries, uploadId: string, studyInstanceUID: string, body: ConfirmStudy) {
  const upload = findUpload(q, uploadId);
  const study = findStudy(q, uploadId, studyInstanceUID);
  if (!upload || !study) throw new RelayError("not_found");
  const { clinical_notes: notes, ...more } = body;
  if (!notes?.trim() || study.decision !== "accepted" || Object.keys(more).length > 0)
    throw new RelayError("study_not_waiting");
  if (isTerminal(upload.state)) throw new RelayError("upload_closed");
  if (!findingsOf(q, uploadId).some(({ code }) => code === "notes_not_assigned"))
    throw new RelayError("study_not_waiting");
  if (instancesOf(q, [study.id]).length === 0) throw new RelayError("notes_not_sent");
  // All ended without being delivered: the notes would go nowhere, and nobody would hear of it.
  if (!deliveriesOf(q, uploadId).some((row) => row.studyId === study.id && takesMore(row)))
    throw new RelayError("notes_not_sent", "What is left of this study goes nowhere any more, so the notes would not.");
  return { upload, study };
}

/** A delivery that a person ended carries nothing more. */
const takesMore = ({ state }: { readonly state: DeliveryState }): boolean => !isSettled(state) || state === "delivered";

/** Each delivery of the study that takes the notes carries them too, but for those that a person ended. */
function extendDeliveries(tx: Transaction, { config, now }: ConfirmDeps, uploadId: string, studyId: string): void {
  for (const row of deliveriesOf(tx, uploadId).filter((it) => it.studyId === studyId)) {
    const totalInstances = countForDelivery(tx, studyId, row.notesAs);
    if (totalInstances === row.totalInstances || !takesMore(row)) continue;
    const present = now();
    if (row.state !== "delivered") changeDelivery(tx, row.id, { totalInstances });
    else
      moveDelivery(tx, row.id, "pending", {
        totalInstances,
        receiptId: null,
        retryUntil: retryUntil(present, config().retention.retry_hours),
        ...changedNow(present),
      });
  }
}
