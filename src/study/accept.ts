import { randomUUID } from "node:crypto";
import type { Config } from "../core/config-schema.ts";
import type { Database } from "../db/database.ts";
import { insertInstances, insertStudy } from "../db/studies.ts";
import { findUpload, type NewFinding, replaceFindings, updateUpload } from "../db/uploads.ts";
import { enqueueDeliveries } from "../forward/enqueue.ts";
import { routeStudy } from "../forward/route.ts";
import { settleUpload } from "../forward/settle.ts";
import { moveUpload } from "../upload/session.ts";
import type { GroupedStudy } from "./group.ts";

/**
 * The ONE transaction that turns what intake found into studies, instances, forward jobs and the upload's next state.
 * Before it nothing of the study exists; after it nothing can be forgotten.
 * @returns false where the upload is no longer processing (cancelled meanwhile)
 */
export function acceptStudies(
  db: Database,
  config: Config,
  uploadId: string,
  found: { studies: readonly GroupedStudy[]; findings: readonly NewFinding[]; now: number },
): boolean {
  return db.transaction((tx) => {
    const upload = findUpload(tx, uploadId);
    if (upload?.state !== "processing") return false;
    replaceFindings(tx, uploadId, found.findings);
    if (found.studies.length === 0) {
      moveUpload(tx, upload, "failed", found.now, { errorCode: "nothing_to_send", waitingForSpace: false });
      return true;
    }
    for (const grouped of found.studies) {
      const studyId = randomUUID();
      insertStudy(tx, {
        id: studyId,
        uploadId,
        studyInstanceUID: grouped.studyInstanceUID,
        patientName: grouped.first.patientName,
        patientID: grouped.first.patientID,
        patientBirthDate: grouped.first.patientBirthDate,
        patientSex: grouped.first.patientSex,
        studyDate: grouped.first.studyDate,
        accessionNumber: grouped.first.accessionNumber,
        studyDescription: grouped.first.studyDescription,
        modalities: grouped.modalities,
        seriesCount: grouped.seriesCount,
        instanceCount: grouped.instances.length,
        decision: "accepted",
        serviceLevel: upload.serviceLevel,
      });
      insertInstances(
        tx,
        grouped.instances.map(({ inspected, path, fileSize, sha256 }) => ({
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
        })),
      );
      enqueueDeliveries(tx, {
        uploadId,
        studyId,
        destinationIds: routeStudy(config, {
          modalities: grouped.modalities,
          serviceLevel: upload.serviceLevel,
          destinationIds: upload.destinationIds,
        }),
        serviceLevel: upload.serviceLevel,
        totalInstances: grouped.instances.length,
        now: found.now,
        retryHours: config.retention.retry_hours,
      });
    }
    updateUpload(tx, uploadId, { waitingForSpace: false });
    settleUpload(tx, uploadId, found.now);
    return true;
  });
}
