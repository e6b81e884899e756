import { catalogueOf } from "../contract/errors.ts";
import { isSettled, studyState, type UploadState } from "../contract/states.ts";
import type {
  DeliveryView,
  StudyView,
  UploadOutcome,
  UploadStatus,
  UploadSummary,
  WarningView,
} from "../contract/status.ts";
import type { Database } from "../db/database.ts";
import { type DeliveryRow, deliveriesOf, type StudyRow, studiesOf } from "../db/studies.ts";
import { filesOf, fileTotals, findingsOf, type UploadRow } from "../db/uploads.ts";
import { missingByFile } from "./session.ts";

const time = (ms: number) => new Date(ms).toISOString();
const timeOrNull = (ms: number | null) => (ms === null ? null : time(ms));

/** What the event stream and the list show of an upload. */
export function summaryOf(db: Database, upload: UploadRow): UploadSummary {
  const { received } = fileTotals(db.orm, upload.id);
  return {
    upload_id: upload.id,
    state: upload.state,
    progress_percent: percent(received, upload),
    uploaded_bytes: received,
    total_size_bytes: upload.totalSizeBytes,
    studies: studyViews(db, upload.id),
    warnings: warningViews(db, upload),
    error: errorView(upload),
    pacs_receipt_id: upload.receiptId,
    created_at: time(upload.createdAt),
    files_removed_at: timeOrNull(upload.filesRemovedAt),
  };
}

/** @returns `…/status` */
export function statusOf(db: Database, upload: UploadRow): UploadStatus {
  const files = filesOf(db.orm, upload.id);
  const missing =
    upload.state === "receiving" ? missingByFile(db, upload, files) : new Map<number, [number, number][]>();
  return {
    ...summaryOf(db, upload),
    files: files.map((file) => ({
      file_id: file.fileId,
      name: file.name,
      received_bytes: file.receivedBytes,
      missing: missing.get(file.id) ?? [],
    })),
  };
}

/** What `complete` answers; anything unfinished is `processing`. */
const outcomes: Partial<Record<UploadState, UploadOutcome["status"]>> = {
  delivered: "success",
  partial: "partial",
  failed: "failed",
  cancelled: "failed",
  expired: "failed",
};

export function outcomeOf(db: Database, upload: UploadRow): UploadOutcome {
  const error = errorView(upload);
  return {
    status: outcomes[upload.state] ?? "processing",
    pacs_receipt_id: upload.receiptId,
    warnings: warningViews(db, upload),
    studies: studyViews(db, upload.id),
    ...(error === null ? {} : { error }),
  };
}

/** An upload of nothing but empty files is complete from the start; otherwise the floor of what is here. */
function percent(received: number, upload: UploadRow): number {
  if (upload.totalSizeBytes === 0) return 100;
  return Math.min(100, Math.floor((received * 100) / upload.totalSizeBytes));
}

function errorView(upload: UploadRow): { code: string; message: string } | null {
  if (upload.errorCode === null) return null;
  const { cause, action } = catalogueOf(upload.errorCode);
  return { code: upload.errorCode, message: `${cause} ${action}` };
}

function warningViews(db: Database, upload: UploadRow): WarningView[] {
  const warnings: WarningView[] = findingsOf(db.orm, upload.id).map((row) => ({
    code: row.code,
    message: row.message,
    ...(row.fileName === null ? {} : { file_name: row.fileName }),
  }));
  if (upload.waitingForSpace && upload.state === "processing")
    warnings.unshift({ code: "waiting_for_space", message: sentence("waiting_for_space") });
  return warnings;
}

const sentence = (code: "waiting_for_space") => `${catalogueOf(code).cause} ${catalogueOf(code).action}`;

function studyViews(db: Database, uploadId: string): StudyView[] {
  const deliveries = Map.groupBy(deliveriesOf(db.orm, uploadId), (row) => row.studyId);
  return studiesOf(db.orm, uploadId).map((row) => studyView(db, row, deliveries.get(row.id) ?? []));
}

function studyView(db: Database, row: StudyRow, deliveries: DeliveryRow[]): StudyView {
  return {
    study_instance_uid: row.studyInstanceUID,
    patient_name: row.patientName,
    patient_id: row.patientID,
    patient_birth_date: row.patientBirthDate,
    study_date: row.studyDate,
    study_description: row.studyDescription,
    modalities: row.modalities,
    series_count: row.seriesCount,
    instance_count: row.instanceCount,
    state: studyState(
      row.decision,
      deliveries.map((delivery) => delivery.state),
    ),
    service_level: row.serviceLevel,
    deliveries: deliveries.map((delivery) => deliveryView(db, delivery)),
  };
}

/** A delivery on the wire. */
export function deliveryView({ clock }: Database, row: DeliveryRow): DeliveryView {
  return {
    delivery_id: row.id,
    destination_id: row.destinationId,
    via: row.via,
    state: row.state,
    delivered_instances: row.deliveredInstances,
    total_instances: row.totalInstances,
    attempts: row.attempts,
    next_attempt_at: row.nextAttemptAt === null ? null : time(clock.wallOf(row.nextAttemptAt)),
    // Of a repeat the earlier receipt is known from the start, and proves nothing before it is settled.
    receipt_id: isSettled(row.state) ? row.receiptId : null,
    error:
      row.errorCode === null
        ? null
        : { code: row.errorCode, message: row.errorMessage ?? catalogueOf(row.errorCode).cause },
  };
}
