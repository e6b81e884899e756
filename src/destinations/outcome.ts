import { stat } from "node:fs/promises";
import { catalogueOf, type ErrorCode } from "../contract/errors.ts";
import type { InstanceOutcome, OutgoingInstance } from "./destination.ts";

export type Report = (outcome: InstanceOutcome) => void;

/** The peer has this instance; `verified` where it was asked and showed it. */
export const stored = (
  instance: OutgoingInstance,
  answer: string,
  options: { readonly verified?: boolean } = {},
): InstanceOutcome => ({ sopInstanceUID: instance.sopInstanceUID, result: "stored", answer, ...options });

/** Permanently not taken. Without a message the catalogue's own words stand. */
export const refused = (instance: OutgoingInstance, answer: string, code: ErrorCode, message?: string) =>
  failure(instance, "refused", answer, code, message);

/** Not now, or nobody knows. */
export const retryLater = (instance: OutgoingInstance, answer: string, code: ErrorCode, message?: string) =>
  failure(instance, "retry", answer, code, message);

function failure(
  instance: OutgoingInstance,
  result: "refused" | "retry",
  answer: string,
  code: ErrorCode,
  message = catalogueOf(code).cause,
): InstanceOutcome {
  return { sopInstanceUID: instance.sopInstanceUID, result, answer, error: { code, message } };
}

export const conflict = (instance: OutgoingInstance, answer: string, message?: string): InstanceOutcome =>
  refused(instance, answer, "instance_conflict", message);

/** The peer holds something under this UID, and nobody can tell whether it is this image. */
export const incomparable = (instance: OutgoingInstance, answer: string): InstanceOutcome =>
  conflict(instance, answer, "The archive holds this SOP Instance UID already, and the bytes cannot be compared.");

export const unreadable = (instance: OutgoingInstance): InstanceOutcome =>
  refused(instance, "not sent", "instance_unreadable");

/** Those whose file lies on the spool as recorded; the others are reported, so that one bad file never stops the good ones. */
export async function readableOnes(
  instances: readonly OutgoingInstance[],
  report: Report,
): Promise<OutgoingInstance[]> {
  const ready: OutgoingInstance[] = [];
  for (const instance of instances) {
    const found = await stat(instance.path).catch(() => null);
    if (found?.isFile() && found.size === instance.fileSize) ready.push(instance);
    else report(unreadable(instance));
  }
  return ready;
}
