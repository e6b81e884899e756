import { Type } from "@sinclair/typebox";
import { nullable } from "./shapes.ts";

/** What the audit tells of. A colleague's deed that is to be shown afterwards gets a line here and a code in audit/dicom-codes.ts. */
export const auditEvents = [
  "app.started",
  "app.reloaded",
  "app.stopped",
  "audit.exported",
  "backup.made",
  "backup.restored",
  "auth.signed_in",
  "auth.sign_in_failed",
  "auth.signed_out",
  "auth.session_ended",
  "auth.session_reused",
  "auth.set_up",
  "key.rotated",
  "user.added",
  "user.disabled",
  "user.role_set",
  "user.enabled",
  "user.password_set",
  "invitation.made",
  "invitation.redeemed",
  "invitation.stopped",
  "user.password_changed",
  "user.totp_set_up",
  "user.totp_removed",
  "user.totp_reset",
  "user.recovery_code_used",
  "upload.opened",
  "upload.resend",
  "upload.completed",
  "upload.cancelled",
  "upload.expired",
  "upload.retried",
  "upload.left_as_is",
  "upload.given_up",
  "upload.files_lost",
  "upload.ended",
  "upload.purged",
  "upload.blanked",
  "study.confirmed",
  "study.corrected",
  "study.rejected",
  "destination.added",
  "destination.changed",
  "destination.removed",
  "route.added",
  "route.changed",
  "route.removed",
  "route.ordered",
  "destination.resumed",
  "destination.paused",
  "delivery.finished",
  "delivery.parked",
  "delivery.retried",
  "delivery.redirected",
  "delivery.discarded",
] as const;
export type AuditEvent = (typeof auditEvents)[number];

export const AuditEntry = Type.Object({
  seq: Type.Integer(),
  time: Type.String(),
  actor_id: nullable(Type.String()),
  actor_name: nullable(Type.String()),
  address: nullable(Type.String()),
  event: Type.String(),
  upload_id: nullable(Type.String()),
  /** Pseudonym: the same for the same study, and nothing can be told from it. */
  study: nullable(Type.String()),
  result: Type.Union([Type.Literal("success"), Type.Literal("failure")]),
  details: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
  previous: Type.String(),
  hash: Type.String(),
});
export type AuditEntry = typeof AuditEntry.static;

export const AuditPage = Type.Object({
  entries: Type.Array(
    Type.Composite([
      AuditEntry,
      /** What a person wrote for it, as long as retention.display_hours lets it stay. */
      Type.Object({ reason: nullable(Type.String()) }),
    ]),
  ),
  next_cursor: nullable(Type.String()),
  /** Whether every row from the first to the newest is there and as it was written. */
  complete: Type.Boolean(),
  first_broken: nullable(Type.Integer()),
  /** Kept elsewhere, it shows later that nothing was cut off the end. */
  head: Type.Object({ seq: Type.Integer(), hash: Type.String() }),
});

export const auditFormats = ["jsonl", "csv", "dicom"] as const;
export type AuditFormat = (typeof auditFormats)[number];
