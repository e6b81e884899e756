import { record, theBox } from "../audit/record.ts";
import type { ErrorCode } from "../contract/errors.ts";
import { isTerminal, mayFollow, type UploadState } from "../contract/states.ts";
import type { Moment } from "../core/clock.ts";
import type { Config } from "../core/config-schema.ts";
import { RelayError } from "../core/errors.ts";
import type { Transaction } from "../db/database.ts";
import { countForDelivery } from "../db/delivered.ts";
import {
  changeDelivery,
  changedNow,
  type Delivery,
  type DeliveryChange,
  deliveryById,
  moveDelivery,
  type UploadFacts,
  uploadFacts,
} from "../db/deliveries.ts";
import { anythingStored, countStoredAnywhere, forgetOutcomes } from "../db/receipts.ts";
import { endedNow, updateUpload } from "../db/uploads.ts";
import { enqueueDeliveries, noDestination, notesFormOf, retryUntil } from "./enqueue.ts";
import { giveReceipt } from "./give-receipt.ts";
import { routeStudy, unknownDestinations } from "./route.ts";
import { routableOf } from "./route-facts.ts";
import { uploadStateOf } from "./upload-state.ts";

type RetryConfig = Pick<Config, "destination" | "route" | "retention" | "intake">;

/**
 * Brings an upload's state in step with its studies and deliveries, inside the transaction that changed them.
 * An upload without studies or in a terminal state stays as it is. Answers the state.
 * @param because why it fails, where it does; else its studies and deliveries say it
 * @throws Error where contract/states.ts does not know the transition
 */
export function settleUpload(tx: Transaction, uploadId: string, now: Moment, because?: ErrorCode): UploadState {
  const facts = uploadFacts(tx, uploadId);
  if (!facts) throw new Error("upload is gone");
  const { upload, studies, deliveries } = facts;
  if (isTerminal(upload.state) || studies.length === 0) return upload.state;
  const state = uploadStateOf({
    decisions: studies.map(({ decision }) => decision),
    deliveries: deliveries.map((row) => row.state),
    refusedAtIntake: facts.refusedFindings > 0,
    anythingStored: anythingStored(tx, uploadId),
  });
  const rejected = studies.every(({ decision }) => decision === "rejected");
  const reason = because ?? (rejected ? "study_rejected" : deliveries.find((row) => row.errorCode)?.errorCode);
  const errorCode = state === "failed" ? (reason ?? upload.errorCode) : upload.errorCode;
  return enter(tx, facts, state, now, errorCode);
}

/** @throws Error where contract/states.ts does not know the transition */
export function enter(
  tx: Transaction,
  facts: UploadFacts,
  state: UploadState,
  now: Moment,
  errorCode = facts.upload.errorCode,
): UploadState {
  const { upload } = facts;
  if (!mayFollow(upload.state, state)) throw new Error(`upload cannot go from ${upload.state} to ${state}`);
  const ended = isTerminal(state);
  const receiptId = giveReceipt(tx, facts, ended);
  updateUpload(tx, upload.id, { state, errorCode, ...endedNow(ended ? now : null), receiptId });
  if (ended) {
    const details = { state, code: errorCode, receipt_id: receiptId };
    record(tx, { by: theBox, event: "upload.ended", uploadId: upload.id, details });
  }
  return state;
}

/** @throws RelayError not_found, upload_closed */
export function openUpload(tx: Transaction, uploadId: string): UploadFacts {
  const facts = uploadFacts(tx, uploadId);
  if (!facts) throw new RelayError("not_found");
  if (isTerminal(facts.upload.state)) throw new RelayError("upload_closed");
  return facts;
}

/** @throws RelayError not_found, not_parked, upload_closed */
function parkedDelivery(tx: Transaction, deliveryId: string): { readonly row: Delivery; readonly facts: UploadFacts } {
  const row = deliveryById(tx, deliveryId);
  if (!row) throw new RelayError("not_found");
  if (row.state !== "parked") throw new RelayError("not_parked");
  return { row, facts: openUpload(tx, row.uploadId) };
}

/** What was delivered, by whichever destination, stays delivered; the rest is given up. An earlier receipt is no proof of that. */
export function leave(tx: Transaction, row: Pick<Delivery, "id">, change: DeliveryChange): void {
  const deliveredInstances = countStoredAnywhere(tx, row.id);
  const state = deliveredInstances > 0 ? "partial" : "discarded";
  moveDelivery(tx, row.id, state, { ...change, deliveredInstances, receiptId: null });
}

/** Queues a parked delivery again with a fresh retry time. */
function requeue(tx: Transaction, row: Delivery, now: Moment, config: RetryConfig, destinationId: string): void {
  const notesAs = notesFormOf(config, destinationId);
  moveDelivery(tx, row.id, "pending", {
    destinationId,
    notesAs,
    totalInstances: countForDelivery(tx, row.studyId, notesAs),
    nextAttemptAt: null,
    retryUntil: retryUntil(now, config.retention.retry_hours),
    errorCode: null,
    errorMessage: null,
    ...changedNow(now),
  });
}

/** A parked delivery goes again, its refused instances too; one without a destination is routed anew. Answers whether it moved. */
function retryParked(tx: Transaction, row: Delivery, facts: UploadFacts, now: Moment, config: RetryConfig): boolean {
  if (row.destinationId !== noDestination) {
    forgetOutcomes(tx, row.id, "refused");
    requeue(tx, row, now, config, row.destinationId);
    return true;
  }
  const study = facts.studies.find(({ id }) => id === row.studyId);
  if (!study) return false;
  const { serviceLevel } = study;
  const routable = routableOf(tx, facts.upload, { ...study, tags: study.routeTags }, now.wall);
  const [first, ...others] = routeStudy(config, routable);
  if (first === undefined) return false;
  requeue(tx, row, now, config, first);
  const { uploadId, studyId } = row;
  const resend = facts.upload.resendReason !== null;
  if (others.length > 0)
    enqueueDeliveries(tx, { uploadId, studyId, destinationIds: others, serviceLevel, config, resend, now });
  return true;
}

/**
 * Tries what was refused or parked again. Answers how many deliveries move; then wake the forwarder.
 * @throws RelayError not_found, upload_closed
 */
export function applyRetry(tx: Transaction, uploadId: string, now: Moment, config: RetryConfig): number {
  const facts = openUpload(tx, uploadId);
  const parked = facts.deliveries.filter((row) => row.state === "parked");
  const moved = parked.filter((row) => retryParked(tx, row, facts, now, config)).length;
  // What is queued anyway takes its refused instances along.
  for (const row of facts.deliveries)
    if (row.state === "retrying" || row.state === "waiting") forgetOutcomes(tx, row.id, "refused");
  settleUpload(tx, uploadId, now);
  return moved;
}

/**
 * Leaves the upload at what was delivered: parked deliveries become partial, or discarded where nothing is stored.
 * @throws RelayError not_found, upload_closed; not_parked where nothing is parked
 */
export function applyAccept(tx: Transaction, uploadId: string, now: Moment): UploadState {
  const parked = openUpload(tx, uploadId).deliveries.filter((row) => row.state === "parked");
  if (parked.length === 0) throw new RelayError("not_parked");
  for (const row of parked) leave(tx, row, { ...changedNow(now) });
  return settleUpload(tx, uploadId, now);
}

/**
 * Admin: one parked delivery again.
 * @throws RelayError not_found, not_parked, upload_closed; no_destination where there still is none
 */
export function retryDelivery(tx: Transaction, deliveryId: string, now: Moment, config: RetryConfig): UploadState {
  const { row, facts } = parkedDelivery(tx, deliveryId);
  if (!retryParked(tx, row, facts, now, config)) throw new RelayError("no_destination");
  return settleUpload(tx, row.uploadId, now);
}

/**
 * Admin: one parked delivery goes elsewhere, as a whole: what the first destination took does not count there.
 * @throws RelayError not_found, not_parked, upload_closed; invalid_request where the destination is unknown or has the study already
 */
export function redirectDelivery(
  tx: Transaction,
  deliveryId: string,
  destinationId: string,
  now: Moment,
  config: RetryConfig,
): UploadState {
  const { row, facts } = parkedDelivery(tx, deliveryId);
  const others = facts.deliveries.filter(({ studyId, id }) => studyId === row.studyId && id !== row.id);
  const message =
    unknownDestinations(config, [destinationId]).length > 0
      ? "No destination has this id."
      : others.some((other) => other.destinationId === destinationId) && "The study goes to this destination already.";
  if (message) throw new RelayError("invalid_request", message, { errors: [{ path: "destination_id", message }] });
  // It may have been there before, as principal or as fallback: what was refused then goes again.
  forgetOutcomes(tx, row.id, "refused");
  requeue(tx, row, now, config, destinationId);
  changeDelivery(tx, row.id, { via: null, deliveredInstances: 0, receiptId: null });
  return settleUpload(tx, row.uploadId, now);
}

/**
 * Admin: gives one parked delivery up.
 * @throws RelayError not_found, not_parked, upload_closed
 */
export function discardDelivery(tx: Transaction, deliveryId: string, now: Moment): UploadState {
  const { row } = parkedDelivery(tx, deliveryId);
  leave(tx, row, { ...changedNow(now) });
  return settleUpload(tx, row.uploadId, now);
}
