import type { AuditEvent } from "../contract/audit.ts";

/** A code of the DICOM Controlled Terminology (PS3.16 Annex D). */
export interface DicomCode {
  readonly code: string;
  readonly meaning: string;
}
const dcm = (code: string, meaning: string): DicomCode => ({ code, meaning });

/** Event identifiers (PS3.16 CID 400) and their types (CID 401). */
const applicationActivity = dcm("110100", "Application Activity");
const auditLogUsed = dcm("110101", "Audit Log Used");
const beginTransfer = dcm("110102", "Begin Transferring DICOM Instances");
const accessed = dcm("110103", "DICOM Instances Accessed");
const transferred = dcm("110104", "DICOM Instances Transferred");
const studyDeleted = dcm("110105", "DICOM Study Deleted");
const securityAlert = dcm("110113", "Security Alert");
const userAuthentication = dcm("110114", "User Authentication");
const started = dcm("110120", "Application Start");
const stopped = dcm("110121", "Application Stop");
const login = dcm("110122", "Login");
const logout = dcm("110123", "Logout");
const softwareConfiguration = dcm("110131", "Software Configuration");
const userAttributes = dcm("110137", "User Security Attributes Changed");

export interface DicomEvent {
  readonly id: DicomCode;
  readonly type?: DicomCode;
  /** PS3.15 A.5.1: Create, Read, Update, Delete, Execute. */
  readonly action: "C" | "R" | "U" | "D" | "E";
}

/** What each event is in the messages of PS3.15 A.5.3. */
export const dicomEvents: Readonly<Record<AuditEvent, DicomEvent>> = {
  "app.started": { id: applicationActivity, type: started, action: "E" },
  "app.reloaded": { id: securityAlert, type: softwareConfiguration, action: "E" },
  "app.stopped": { id: applicationActivity, type: stopped, action: "E" },
  "audit.exported": { id: auditLogUsed, action: "R" },
  "backup.made": { id: dcm("110106", "Export"), action: "R" },
  "backup.restored": { id: dcm("110107", "Import"), action: "C" },
  "auth.signed_in": { id: userAuthentication, type: login, action: "E" },
  "auth.sign_in_failed": { id: userAuthentication, type: login, action: "E" },
  "auth.signed_out": { id: userAuthentication, type: logout, action: "E" },
  "auth.session_ended": { id: userAuthentication, type: logout, action: "E" },
  "auth.session_reused": { id: securityAlert, type: userAttributes, action: "E" },
  "auth.set_up": { id: securityAlert, type: userAttributes, action: "E" },
  "key.rotated": { id: securityAlert, type: dcm("110129", "Security Configuration"), action: "E" },
  "user.added": { id: securityAlert, type: userAttributes, action: "E" },
  "user.disabled": { id: securityAlert, type: userAttributes, action: "E" },
  "user.role_set": { id: securityAlert, type: userAttributes, action: "E" },
  "user.enabled": { id: securityAlert, type: userAttributes, action: "E" },
  "user.password_set": { id: securityAlert, type: userAttributes, action: "E" },
  "user.password_changed": { id: securityAlert, type: userAttributes, action: "E" },
  "user.totp_set_up": { id: securityAlert, type: userAttributes, action: "E" },
  "user.totp_removed": { id: securityAlert, type: userAttributes, action: "E" },
  "user.totp_reset": { id: securityAlert, type: userAttributes, action: "E" },
  "user.recovery_code_used": { id: securityAlert, type: userAttributes, action: "E" },
  "invitation.made": { id: securityAlert, type: userAttributes, action: "E" },
  "invitation.redeemed": { id: userAuthentication, type: login, action: "E" },
  "invitation.stopped": { id: userAuthentication, type: logout, action: "E" },
  "upload.opened": { id: beginTransfer, action: "E" },
  "upload.resend": { id: beginTransfer, action: "E" },
  "upload.completed": { id: transferred, action: "C" },
  "upload.cancelled": { id: studyDeleted, action: "D" },
  "upload.expired": { id: studyDeleted, action: "D" },
  "upload.retried": { id: beginTransfer, action: "E" },
  "upload.left_as_is": { id: accessed, action: "U" },
  "upload.given_up": { id: accessed, action: "U" },
  "upload.files_lost": { id: studyDeleted, action: "D" },
  "upload.ended": { id: transferred, action: "R" },
  "upload.purged": { id: studyDeleted, action: "D" },
  "upload.blanked": { id: studyDeleted, action: "D" },
  "study.confirmed": { id: accessed, action: "U" },
  "study.corrected": { id: accessed, action: "U" },
  "study.rejected": { id: accessed, action: "U" },
  "destination.added": { id: securityAlert, type: softwareConfiguration, action: "E" },
  "destination.changed": { id: securityAlert, type: softwareConfiguration, action: "E" },
  "destination.removed": { id: securityAlert, type: softwareConfiguration, action: "E" },
  "route.added": { id: securityAlert, type: softwareConfiguration, action: "E" },
  "route.changed": { id: securityAlert, type: softwareConfiguration, action: "E" },
  "route.removed": { id: securityAlert, type: softwareConfiguration, action: "E" },
  "route.ordered": { id: securityAlert, type: softwareConfiguration, action: "E" },
  "destination.resumed": { id: securityAlert, type: softwareConfiguration, action: "E" },
  "destination.paused": { id: securityAlert, type: softwareConfiguration, action: "E" },
  "delivery.finished": { id: transferred, action: "R" },
  "delivery.parked": { id: transferred, action: "R" },
  "delivery.retried": { id: beginTransfer, action: "E" },
  "delivery.redirected": { id: beginTransfer, action: "E" },
  "delivery.discarded": { id: accessed, action: "U" },
};
