import { dataSetsOf, itemsOf, numberOf, textOf } from "./dicom-json.ts";

const FAILED_SOP_SEQUENCE = "00081198";
const REFERENCED_SOP_SEQUENCE = "00081199";
const REFERENCED_SOP_INSTANCE_UID = "00081155";
const FAILURE_REASON = "00081197";
const WARNING_REASON = "00081196";

/** What a Store answer says of single instances, by SOP Instance UID. */
export interface StowResponse {
  /** With the WarningReason where there is one. */
  readonly stored: ReadonlyMap<string, number | null>;
  /** With the FailureReason where there is one. */
  readonly failed: ReadonlyMap<string, number | null>;
  /** False where the body is no data set at all, such as a proxy's page. */
  readonly understood: boolean;
}

/**
 * The Store Instances Response Module (PS3.18 I.2). A body that is none names no instance: then nothing is known.
 * An instance in both lists counts as failed: it is asked for, never taken on trust.
 * @param body null: too long to be read
 */
export function stowResponse(body: string | null): StowResponse {
  const stored = new Map<string, number | null>();
  const failed = new Map<string, number | null>();
  const sets = body === null ? null : dataSetsOf(body);
  for (const set of sets ?? []) {
    for (const item of itemsOf(set, FAILED_SOP_SEQUENCE)) {
      failed.set(textOf(item, REFERENCED_SOP_INSTANCE_UID), numberOf(item, FAILURE_REASON));
    }
    for (const item of itemsOf(set, REFERENCED_SOP_SEQUENCE)) {
      const uid = textOf(item, REFERENCED_SOP_INSTANCE_UID);
      // Some servers list a failed instance here with a FailureReason.
      const reason = numberOf(item, FAILURE_REASON);
      if (reason !== null) failed.set(uid, reason);
      else if (!failed.has(uid)) stored.set(uid, numberOf(item, WARNING_REASON));
    }
  }
  for (const uid of failed.keys()) stored.delete(uid);
  return { stored, failed, understood: sets !== null };
}
