import { sql } from "drizzle-orm";
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { ErrorCode, Severity } from "../contract/errors.ts";
import type { RouteTags } from "../contract/routing.ts";
import type { DeliveryState, StudyDecision, UploadState } from "../contract/states.ts";
import type { ExpectedStudy, StudyMetadata } from "../contract/upload.ts";
import { user } from "./schema-accounts.ts";

/** Times are milliseconds since 1970 UTC, or box time where it says so (core/clock.ts). Columns marked (P) hold patient data and are null after retention.display_hours. */

export const upload = sqliteTable(
  "upload",
  {
    id: text().primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id),
    state: text().$type<UploadState>().notNull(),
    serviceLevel: text("service_level").$type<"routine" | "stat">().notNull(),
    /** (P) study_metadata as it was sent. */
    metadata: text({ mode: "json" }).$type<StudyMetadata>(),
    /** (P) */
    expectedStudies: text("expected_studies", { mode: "json" }).$type<ExpectedStudy[]>(),
    resendReason: text("resend_reason"),
    /** destination_ids asked for; empty: routing decides. */
    destinationIds: text("destination_ids", { mode: "json" }).$type<string[]>().notNull(),
    totalFiles: integer("total_files").notNull(),
    totalSizeBytes: integer("total_size_bytes").notNull(),
    chunkSize: integer("chunk_size").notNull(),
    /** Whether init named the files; otherwise chunks declare them. */
    filesDeclared: integer("files_declared", { mode: "boolean" }).notNull(),
    /** The QR session it came through (schema-invitations.ts). */
    invitationId: text("invitation_id"),
    idempotencyKey: text("idempotency_key"),
    /** Keyed hash of the init body, to tell a repeat from another request. */
    idempotencyHash: text("idempotency_hash"),
    errorCode: text("error_code").$type<ErrorCode>(),
    /** pacs_receipt_id: set once something was delivered and nothing moves any more. */
    receiptId: text("receipt_id"),
    /** Sums over upload_file, kept beside it so that neither a chunk nor a status reads 20 000 rows. */
    fileCount: integer("file_count").notNull().default(0),
    declaredBytes: integer("declared_bytes").notNull().default(0),
    receivedBytes: integer("received_bytes").notNull().default(0),
    waitingForSpace: integer("waiting_for_space", { mode: "boolean" }).notNull().default(false),
    createdAt: integer("created_at").notNull(),
    /** Box time; after `complete`, when that was. */
    lastTrafficAt: integer("last_traffic_at").notNull(),
    completedAt: integer("completed_at"),
    /** What the device measured of its line (contract/upload.ts, LineMeasured); null: it told nothing. */
    lineBytesPerSecond: integer("line_bytes_per_second"),
    lineStalls: integer("line_stalls"),
    lineBreaks: integer("line_breaks"),
    /** When a terminal state was reached. */
    endedAt: integer("ended_at"),
    /** Box time of endedAt: how long patient data has been shown since. */
    endedBox: integer("ended_box"),
    filesRemovedAt: integer("files_removed_at"),
    /** When the (P) columns were emptied. */
    blankedAt: integer("blanked_at"),
  },
  (table) => [
    uniqueIndex("upload_idempotency").on(table.userId, table.idempotencyKey),
    index("upload_by_state").on(table.state, table.createdAt),
    index("upload_by_user").on(table.userId, table.createdAt),
    index("upload_newest").on(table.createdAt, table.id),
    // Few rows at any time, looked for at every wake of cleanup.
    index("upload_files_left").on(table.id).where(sql`ended_at IS NOT NULL AND files_removed_at IS NULL`),
    // What the spool holds: of all uploads only those whose files are here.
    index("upload_on_spool").on(table.createdAt, table.receivedBytes).where(sql`files_removed_at IS NULL`),
    index("upload_names_left").on(table.endedBox).where(sql`blanked_at IS NULL`),
    index("upload_by_receipt").on(table.receiptId),
  ],
);

export const uploadFile = sqliteTable(
  "upload_file",
  {
    /** The file's name on the spool. */
    id: integer().primaryKey(),
    uploadId: text("upload_id")
      .notNull()
      .references(() => upload.id, { onDelete: "cascade" }),
    /** The client's own name for it in this upload. */
    fileId: text("file_id").notNull(),
    /** (P) as the sender knows it. */
    name: text(),
    /** As init or a chunk's query declared it; null until the chunks have said it. */
    sizeBytes: integer("size_bytes"),
    state: text().$type<"needed" | "already_delivered">().notNull(),
    sha256: text(),
    /** Of one that is already delivered: the object by which it was known. */
    objectKey: text("object_key"),
    /** When every destination that can be asked last showed it; null: none answered. */
    askedAt: integer("asked_at"),
    /** Sum over received_range, kept beside it so that status is one read. */
    receivedBytes: integer("received_bytes").notNull().default(0),
  },
  (table) => [uniqueIndex("upload_file_by_client_id").on(table.uploadId, table.fileId)],
);

/** Received chunks of a file as merged, disjoint, non-adjacent ranges, both ends inclusive. */
export const receivedRange = sqliteTable(
  "received_range",
  {
    file: integer()
      .notNull()
      .references(() => uploadFile.id, { onDelete: "cascade" }),
    first: integer().notNull(),
    last: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.file, table.first] })],
);

export const finding = sqliteTable(
  "finding",
  {
    id: integer().primaryKey(),
    uploadId: text("upload_id")
      .notNull()
      .references(() => upload.id, { onDelete: "cascade" }),
    code: text().$type<ErrorCode>().notNull(),
    severity: text().$type<Severity>().notNull(),
    message: text().notNull(),
    /** (P) */
    fileName: text("file_name"),
  },
  (table) => [index("finding_by_upload").on(table.uploadId)],
);

export const study = sqliteTable(
  "study",
  {
    id: text().primaryKey(),
    uploadId: text("upload_id")
      .notNull()
      .references(() => upload.id, { onDelete: "cascade" }),
    studyInstanceUID: text("study_instance_uid").notNull(),
    /** (P) down to studyDescription. */
    patientName: text("patient_name"),
    patientID: text("patient_id"),
    patientBirthDate: text("patient_birth_date"),
    patientSex: text("patient_sex"),
    studyDate: text("study_date"),
    studyTime: text("study_time"),
    studyID: text("dicom_study_id"),
    referringPhysicianName: text("referring_physician_name"),
    accessionNumber: text("accession_number"),
    studyDescription: text("study_description"),
    modalities: text({ mode: "json" }).$type<string[]>().notNull(),
    /** (P) What routing looks at beside them; null: forgotten, with the files at the latest. */
    routeTags: text("route_tags", { mode: "json" }).$type<RouteTags>(),
    seriesCount: integer("series_count").notNull(),
    instanceCount: integer("instance_count").notNull(),
    /** (P) What travels with this study as a note. */
    clinicalNotes: text("clinical_notes"),
    /** (P) Why a person refused it. */
    rejectReason: text("reject_reason"),
    decision: text().$type<StudyDecision>().notNull(),
    serviceLevel: text("service_level").$type<"routine" | "stat">().notNull(),
  },
  (table) => [uniqueIndex("study_in_upload").on(table.uploadId, table.studyInstanceUID)],
);

export const instance = sqliteTable(
  "instance",
  {
    id: integer().primaryKey(),
    studyId: text("study_id")
      .notNull()
      .references(() => study.id, { onDelete: "cascade" }),
    sopInstanceUID: text("sop_instance_uid").notNull(),
    sopClassUID: text("sop_class_uid").notNull(),
    seriesInstanceUID: text("series_instance_uid").notNull(),
    transferSyntaxUID: text("transfer_syntax_uid").notNull(),
    /** Below the upload's spool folder; made of ids. */
    path: text().notNull(),
    fileSize: integer("file_size").notNull(),
    dataSetOffset: integer("data_set_offset").notNull(),
    /** Preamble and file meta to send instead of the file's own; null: the file's own. */
    head: blob({ mode: "buffer" }),
    /** Keywords of what a person corrected in it (PS3.6); null: nothing. */
    corrected: text({ mode: "json" }).$type<string[]>(),
    /** Of the Part 10 object as it leaves, hex. */
    sha256: text().notNull(),
    /** Keyed hash of the file as it came, or of the UID of an object made here: by it a repeat is known. */
    objectKey: text("object_key"),
    /** Made here, under a UID that says of what: whatever lies at a destination under it is ours. */
    made: integer({ mode: "boolean" }).notNull().default(false),
    /** The clinical notes in this form: goes only to deliveries that take it so. Null: everything else. */
    notesAs: text("notes_as").$type<"sr" | "pdf">(),
  },
  (table) => [uniqueIndex("instance_in_study").on(table.studyId, table.sopInstanceUID)],
);

/** One study on its way to one destination. */
export const delivery = sqliteTable(
  "delivery",
  {
    id: text().primaryKey(),
    uploadId: text("upload_id")
      .notNull()
      .references(() => upload.id, { onDelete: "cascade" }),
    studyId: text("study_id")
      .notNull()
      .references(() => study.id, { onDelete: "cascade" }),
    destinationId: text("destination_id").notNull(),
    /** The fallback that takes it while the principal is down. */
    via: text(),
    state: text().$type<DeliveryState>().notNull(),
    /** In which form this destination takes clinical notes. */
    notesAs: text("notes_as").$type<"sr" | "pdf" | "none">().notNull().default("none"),
    /** 0 stat, 1 routine: what the queue sorts by first. */
    priority: integer().notNull(),
    attempts: integer().notNull().default(0),
    /** Box time. */
    nextAttemptAt: integer("next_attempt_at"),
    /** Box time; retried until then, then parked. */
    retryUntil: integer("retry_until").notNull(),
    deliveredInstances: integer("delivered_instances").notNull().default(0),
    totalInstances: integer("total_instances").notNull(),
    receiptId: text("receipt_id"),
    errorCode: text("error_code").$type<ErrorCode>(),
    errorMessage: text("error_message"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    /** Box time of updatedAt: how long it has been parked. */
    updatedBox: integer("updated_box").notNull(),
  },
  (table) => [
    uniqueIndex("delivery_once").on(table.studyId, table.destinationId),
    // A lane's own queue, in its order: what waits for other destinations is not read.
    index("delivery_queue").on(table.state, table.destinationId, table.priority, table.createdAt),
    index("delivery_by_upload").on(table.uploadId),
    index("delivery_arrived").on(table.destinationId, table.updatedAt).where(sql`state = 'delivered'`),
    index("delivery_by_receipt").on(table.receiptId),
  ],
);

/** The peer's answer for one instance of one delivery; no row: nothing is known yet. */
export const deliveryInstance = sqliteTable(
  "delivery_instance",
  {
    deliveryId: text("delivery_id")
      .notNull()
      .references(() => delivery.id, { onDelete: "cascade" }),
    instanceId: integer("instance_id")
      .notNull()
      .references(() => instance.id, { onDelete: "cascade" }),
    /** answered: stored by its own word, not yet asked back · stored: confirmed · refused: for good · retry: not now. */
    result: text().$type<"answered" | "stored" | "refused" | "retry">().notNull(),
    answer: text().notNull(),
    verifiedBy: text("verified_by").$type<"query" | "peer">(),
    /** The destination that took it (the fallback's id where one did). */
    destinationId: text("destination_id").notNull(),
    errorCode: text("error_code").$type<ErrorCode>(),
    errorMessage: text("error_message"),
    at: integer().notNull(),
  },
  // With the destination: what the principal took before its fallback stepped in stays on record, but does not count there.
  (table) => [primaryKey({ columns: [table.deliveryId, table.destinationId, table.instanceId] })],
);

/** A picture or PDF of a study that waits for a person: it becomes DICOM once it is known whose it is. */
export const sourcePicture = sqliteTable(
  "source_picture",
  {
    id: integer().primaryKey(),
    studyId: text("study_id")
      .notNull()
      .references(() => study.id, { onDelete: "cascade" }),
    /** Below the upload's spool folder. */
    path: text().notNull(),
    kind: text().$type<"jpeg" | "png" | "pdf">().notNull(),
    /** (P) */
    fileName: text("file_name"),
  },
  (table) => [index("source_picture_by_study").on(table.studyId)],
);

/** What a destination confirmed once, by a keyed hash: a repeat is answered with the earlier receipt. No patient data. */
export const deliveredObject = sqliteTable(
  "delivered_object",
  {
    objectKey: text("object_key").notNull(),
    destinationId: text("destination_id").notNull(),
    receiptId: text("receipt_id").notNull(),
    studyInstanceUID: text("study_instance_uid").notNull(),
    /** By these it is asked for again; empty in rows of before, which count no more. */
    seriesInstanceUID: text("series_instance_uid").notNull().default(""),
    sopInstanceUID: text("sop_instance_uid").notNull().default(""),
    /** Of its study, so that its route can be told again. */
    modalities: text({ mode: "json" }).$type<string[]>().notNull(),
    at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.objectKey, table.destinationId] })],
);
