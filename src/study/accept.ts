import { randomUUID } from "node:crypto";
import type { RouteTags } from "../contract/routing.ts";
import type { Moment } from "../core/clock.ts";
import type { Config } from "../core/config-schema.ts";
import type { Database, Transaction } from "../db/database.ts";
import { insertInstances, insertSourcePictures, insertStudy } from "../db/studies.ts";
import { findUpload, type NewFinding, replaceFindings, type UploadRow, updateUpload } from "../db/uploads.ts";
import { enqueueDeliveries } from "../forward/enqueue.ts";
import { routeStudy } from "../forward/route.ts";
import { routableOf } from "../forward/route-facts.ts";
import { settleUpload } from "../forward/settle.ts";
import { moveUpload } from "../upload/session.ts";
import type { AcceptableInstance } from "./group.ts";
import { columnsOf } from "./identity.ts";
import type { StudyPlan } from "./plan.ts";

/** A study as it goes into the database: its plan, and everything that is to be sent of it. */
export interface AcceptableStudy {
  readonly plan: StudyPlan;
  /** Empty while it waits for a person and holds nothing but pictures. */
  readonly objects: readonly AcceptableInstance[];
}

/**
 * The ONE transaction that turns what intake found into studies, instances, forward jobs and the upload's next state.
 * Before it nothing of the study exists; after it nothing can be forgotten.
 * @returns false where the upload is no longer processing (cancelled meanwhile)
 */
export function acceptStudies(
  db: Database,
  config: Config,
  uploadId: string,
  found: {
    studies: readonly AcceptableStudy[];
    findings: readonly NewFinding[];
    /** Studies of which every file was delivered before and none was sent again. */
    repeats: (tx: Transaction, upload: UploadRow) => number;
    now: Moment;
  },
): boolean {
  return db.transaction((tx) => {
    const upload = findUpload(tx, uploadId);
    if (upload?.state !== "processing") return false;
    replaceFindings(tx, uploadId, found.findings);
    for (const { plan, objects } of found.studies) acceptOne(tx, config, upload, plan, objects, found.now);
    // After those that got new instances: of a study that is there already nothing is repeated.
    const repeated = found.repeats(tx, upload);
    if (found.studies.length === 0 && repeated === 0) {
      moveUpload(tx, upload, "failed", found.now, { errorCode: "nothing_to_send", waitingForSpace: false });
      return true;
    }
    updateUpload(tx, uploadId, { waitingForSpace: false });
    settleUpload(tx, uploadId, found.now);
    return true;
  });
}

function acceptOne(
  tx: Transaction,
  config: Config,
  upload: UploadRow,
  plan: StudyPlan,
  objects: readonly AcceptableInstance[],
  now: Moment,
): void {
  const studyId = randomUUID();
  const images = objects.filter(({ notesAs }) => !notesAs);
  insertStudy(tx, {
    id: studyId,
    uploadId: upload.id,
    studyInstanceUID: plan.identity.study.studyInstanceUID,
    ...columnsOf(plan.identity),
    modalities: modalitiesOf(plan, images),
    routeTags: plan.tags,
    seriesCount: new Set(images.map(({ inspected }) => inspected.seriesInstanceUID)).size,
    instanceCount: plan.before + (plan.waits === null ? images.length : plan.instances.length + plan.pictures.length),
    clinicalNotes: plan.notes,
    decision: plan.waits === null ? "accepted" : "needs_confirmation",
    serviceLevel: upload.serviceLevel,
  });
  insertInstances(tx, rowsOf(studyId, objects));
  if (plan.waits !== null) {
    insertSourcePictures(
      tx,
      plan.pictures.map(({ path, kind, fileName }) => ({ studyId, path, kind, fileName })),
    );
    return;
  }
  const { serviceLevel } = upload;
  queueStudy(
    tx,
    config,
    upload,
    { studyId, modalities: modalitiesOf(plan, images), tags: plan.tags, serviceLevel },
    now,
  );
}

export const modalitiesOf = (plan: Pick<StudyPlan, "modalities">, images: readonly AcceptableInstance[]): string[] =>
  [...new Set([...plan.modalities, ...images.map(({ inspected }) => inspected.modality)])].filter(Boolean).sort();

/** Instances as rows, in the order they are sent. */
export const rowsOf = (studyId: string, objects: readonly AcceptableInstance[]) =>
  objects.map(({ inspected, path, fileSize, sha256, objectKey, made, notesAs }) => ({
    studyId,
    sopInstanceUID: inspected.sopInstanceUID,
    sopClassUID: inspected.sopClassUID,
    seriesInstanceUID: inspected.seriesInstanceUID,
    transferSyntaxUID: inspected.transferSyntaxUID,
    path,
    fileSize,
    dataSetOffset: inspected.dataSetOffset,
    head: inspected.head === null ? null : Buffer.from(inspected.head),
    sha256,
    objectKey: objectKey ?? null,
    made: made ?? false,
    notesAs: notesAs ?? null,
  }));

/** Routes an accepted study and queues its deliveries. */
export function queueStudy(
  tx: Transaction,
  config: Config,
  upload: UploadRow,
  study: {
    readonly studyId: string;
    readonly modalities: readonly string[];
    readonly tags: RouteTags | null;
    readonly serviceLevel: "routine" | "stat";
  },
  now: Moment,
): void {
  const { studyId, serviceLevel } = study;
  enqueueDeliveries(tx, {
    uploadId: upload.id,
    studyId,
    destinationIds: routeStudy(config, routableOf(tx, upload, study, now.wall)),
    serviceLevel,
    config,
    resend: upload.resendReason !== null,
    now,
  });
}
