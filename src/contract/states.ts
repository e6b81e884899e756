/** The state machines of CONTRACT §3, as tables. An event the table does not know is an error. */

export const uploadStates = [
  "receiving",
  "processing",
  "needs_confirmation",
  "forwarding",
  "needs_attention",
  "delivered",
  "partial",
  "failed",
  "cancelled",
  "expired",
] as const;
export type UploadState = (typeof uploadStates)[number];

/** Which state may follow which; an empty row is a terminal state. */
export const uploadTransitions: Record<UploadState, readonly UploadState[]> = {
  receiving: ["processing", "cancelled", "expired"],
  processing: ["needs_confirmation", "forwarding", "failed", "cancelled"],
  needs_confirmation: ["forwarding", "failed", "cancelled", "expired"],
  forwarding: ["delivered", "partial", "needs_attention", "cancelled", "failed"],
  needs_attention: ["forwarding", "partial", "failed", "cancelled"],
  delivered: [],
  partial: [],
  failed: [],
  cancelled: [],
  expired: [],
};
/** Whether one state may follow another; also through `forwarding`, where that takes no time (all was delivered before). */
export const mayFollow = (from: UploadState, to: UploadState): boolean =>
  from === to ||
  uploadTransitions[from].includes(to) ||
  (uploadTransitions[from].includes("forwarding") && uploadTransitions.forwarding.includes(to));
export const isTerminal = (state: UploadState): boolean => uploadTransitions[state].length === 0;

export const deliveryStates = [
  "pending",
  "sending",
  "retrying",
  "waiting",
  "delivered",
  "partial",
  "parked",
  "discarded",
  "cancelled",
] as const;
/** Not over, and nobody has to act. */
export const openDeliveryStates = ["pending", "sending", "retrying", "waiting"] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** pending: queued · sending: an attempt is under way · retrying: failed, next try dated · waiting: the destination is down · parked: a person must act. */
export const deliveryTransitions: Record<DeliveryState, readonly DeliveryState[]> = {
  pending: ["sending", "waiting", "parked", "cancelled", "discarded"],
  sending: ["delivered", "retrying", "waiting", "parked", "pending", "cancelled", "partial"],
  retrying: ["sending", "waiting", "parked", "pending", "cancelled", "discarded"],
  waiting: ["sending", "pending", "retrying", "parked", "cancelled", "discarded"],
  parked: ["pending", "partial", "discarded", "cancelled"],
  // Once more, with the notes that a person names for the study before the upload ends.
  delivered: ["pending"],
  partial: [],
  discarded: [],
  cancelled: [],
};
const settled: ReadonlySet<DeliveryState> = new Set(["delivered", "partial", "discarded", "cancelled"]);
/** Over, but for a delivery that gets something more to carry. */
export const isSettled = (state: DeliveryState): boolean => settled.has(state);

/** What a person decided on a study; "accepted" where nothing had to be asked. */
export type StudyDecision = "accepted" | "needs_confirmation" | "rejected";
export type StudyState =
  | "needs_confirmation"
  | "rejected"
  | "forwarding"
  | "delivered"
  | "partial"
  | "needs_attention"
  | "failed"
  | "cancelled";

/** A study's state follows from the person's decision and its deliveries; it is never stored beside them. */
export function studyState(decision: StudyDecision, deliveries: readonly DeliveryState[]): StudyState {
  if (decision !== "accepted") return decision;
  if (deliveries.length === 0) return "needs_attention"; // parked for want of a destination
  const has = (state: DeliveryState) => deliveries.includes(state);
  if (deliveries.every((state) => state === "delivered")) return "delivered";
  if (deliveries.some((state) => !isSettled(state) && state !== "parked")) return "forwarding";
  if (has("parked")) return "needs_attention";
  if (has("delivered") || has("partial")) return "partial";
  return has("discarded") ? "failed" : "cancelled";
}
