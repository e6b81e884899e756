import { type Static, Type } from "@sinclair/typebox";
import { nullable } from "./shapes.ts";
import { deliveryStates, uploadStates } from "./states.ts";

/** Wire shapes of what the upload routes answer (CONTRACT §3). */
const oneOf = <T extends string>(values: readonly T[]) =>
  Type.Unsafe<T>(Type.Union(values.map((value) => Type.Literal(value))));
const Time = Type.String({ format: "date-time" });
const ErrorView = Type.Object({ code: Type.String(), message: Type.String() });
const ChunkRanges = Type.Array(Type.Tuple([Type.Integer(), Type.Integer()]));

export const DeliveryView = Type.Object({
  delivery_id: Type.String(),
  destination_id: Type.String(),
  via: nullable(Type.String()),
  state: oneOf(deliveryStates),
  delivered_instances: Type.Integer(),
  total_instances: Type.Integer(),
  attempts: Type.Integer(),
  next_attempt_at: nullable(Time),
  receipt_id: nullable(Type.String()),
  error: nullable(ErrorView),
});
export type DeliveryView = Static<typeof DeliveryView>;

export const StudyView = Type.Object({
  study_instance_uid: Type.String(),
  patient_name: nullable(Type.String()),
  patient_id: nullable(Type.String()),
  patient_birth_date: nullable(Type.String()),
  study_date: nullable(Type.String()),
  study_description: nullable(Type.String()),
  modalities: Type.Array(Type.String()),
  series_count: Type.Integer(),
  instance_count: Type.Integer(),
  state: oneOf([
    "needs_confirmation",
    "rejected",
    "forwarding",
    "delivered",
    "partial",
    "needs_attention",
    "failed",
    "cancelled",
  ] as const),
  service_level: oneOf(["routine", "stat"] as const),
  deliveries: Type.Array(DeliveryView),
});
export type StudyView = Static<typeof StudyView>;

export const WarningView = Type.Object({
  code: Type.String(),
  message: Type.String(),
  file_name: Type.Optional(Type.String()),
});
export type WarningView = Static<typeof WarningView>;

export const FileView = Type.Object({
  file_id: Type.String(),
  name: nullable(Type.String()),
  received_bytes: Type.Integer(),
  missing: ChunkRanges,
});

/** Without `files`: what the event stream carries. */
export const UploadSummary = Type.Object({
  upload_id: Type.String(),
  state: oneOf(uploadStates),
  progress_percent: Type.Integer({ minimum: 0, maximum: 100 }),
  uploaded_bytes: Type.Integer(),
  total_size_bytes: Type.Integer(),
  studies: Type.Array(StudyView),
  warnings: Type.Array(WarningView),
  error: nullable(ErrorView),
  pacs_receipt_id: nullable(Type.String()),
  created_at: Time,
  files_removed_at: nullable(Time),
});
export type UploadSummary = Static<typeof UploadSummary>;

export const UploadStatus = Type.Composite([UploadSummary, Type.Object({ files: Type.Array(FileView) })]);
export type UploadStatus = Static<typeof UploadStatus>;

export const UploadOutcome = Type.Object({
  status: oneOf(["success", "partial", "failed", "processing"] as const),
  pacs_receipt_id: nullable(Type.String()),
  warnings: Type.Array(WarningView),
  studies: Type.Array(StudyView),
  error: Type.Optional(ErrorView),
});
export type UploadOutcome = Static<typeof UploadOutcome>;

export const UploadOpened = Type.Object({
  upload_id: Type.String(),
  upload_token: Type.String(),
  expires_in: Type.Integer(),
  chunk_size: Type.Integer(),
  max_request_bytes: Type.Integer(),
  files: Type.Array(Type.Object({ file_id: Type.String(), state: oneOf(["needed", "already_delivered"] as const) })),
});

export const UploadTokenView = Type.Object({ upload_token: Type.String(), expires_in: Type.Integer() });
export const ChunkReceived = Type.Object({ file_id: Type.String(), received_chunk_index: Type.Integer() });
export const UploadPage = Type.Object({ uploads: Type.Array(UploadSummary), next_cursor: nullable(Type.String()) });

export const AdminDelivery = Type.Composite([DeliveryView, Type.Object({ upload_id: Type.String() })]);
export const AdminDeliveryPage = Type.Object({
  deliveries: Type.Array(
    Type.Composite([
      AdminDelivery,
      Type.Object({
        study_instance_uid: Type.String(),
        service_level: oneOf(["routine", "stat"] as const),
        created_at: Time,
        updated_at: Time,
      }),
    ]),
  ),
  next_cursor: nullable(Type.String()),
});
