import type { DeliveryState, UploadState } from "../../src/contract/states.ts";
import type { DeliveryView } from "../../src/contract/status.ts";
import type { LocalState, QueuedStudy, WaitCause } from "../queue/types.ts";
import type { Word } from "./text.ts";

/** What the screens say of a study, out of tables: one row per state, so that none is without words. */
export type Tone = "quiet" | "busy" | "good" | "warn" | "bad";
export type Action =
  | "pause"
  | "resume"
  | "try_now"
  | "retry"
  | "accept"
  | "check"
  | "sign_in"
  | "choose"
  | "cancel"
  | "receipt"
  | "remove";
/** 0 on this device, 1 at the hospital box, 2 in the archive, 3 arrived there. */
export type Stage = 0 | 1 | 2 | 3;
export type Shelf = "active" | "needs_you" | "done";

export interface Face {
  readonly title: Word;
  readonly tone: Tone;
  /** The sentence below; null where another part of the card says it with numbers. */
  readonly text: Word | null;
  readonly actions: readonly Action[];
  readonly shelf: Shelf;
}

const face = (
  title: Word,
  tone: Tone,
  text: Word | null,
  actions: readonly Action[],
  shelf: Shelf = "active",
): Face => ({
  title,
  tone,
  text,
  actions,
  shelf,
});

const waiting: Record<WaitCause, Face> = {
  offline: face("st_waiting_network", "warn", "x_offline", ["try_now", "pause", "cancel"]),
  retry: face("st_waiting_network", "warn", "x_retry", ["try_now", "pause", "cancel"]),
  turn: face("st_waiting", "quiet", "x_turn", ["pause", "cancel"]),
  urgent_first: face("st_waiting", "quiet", "x_urgent", ["pause", "cancel"]),
  other_tab: face("st_waiting", "quiet", "x_other_tab", ["cancel"]),
  signed_out: face("st_needs", "warn", "x_signed_out", ["sign_in", "cancel"], "needs_you"),
  box_busy: face("st_waiting_box", "warn", "x_box_busy", ["try_now", "pause", "cancel"]),
  box_full: face("st_waiting", "warn", "x_box_full", ["try_now", "pause", "cancel"]),
  files_gone: face("st_needs", "warn", "x_files_gone", ["choose", "cancel"], "needs_you"),
  confirmation: face("st_needs", "warn", "x_confirmation", ["check", "cancel"], "needs_you"),
  refused: face("st_needs", "bad", "x_refused", ["try_now", "cancel"], "needs_you"),
};

/** From the moment the box has everything, the box's own state counts. */
const atBox: Record<UploadState, Face> = {
  receiving: face("st_processing", "busy", "x_at_box", ["cancel"]),
  processing: face("st_processing", "busy", "x_at_box", ["cancel"]),
  needs_confirmation: waiting.confirmation,
  forwarding: face("st_forwarding", "busy", "x_at_box", ["cancel"]),
  needs_attention: face("st_needs", "bad", "x_parked", ["retry", "accept", "cancel"], "needs_you"),
  delivered: face("st_delivered", "good", null, ["receipt", "remove"], "done"),
  partial: face("st_partial", "warn", null, ["receipt", "remove"], "done"),
  failed: face("st_failed", "bad", "x_failed", ["remove"], "done"),
  cancelled: face("st_cancelled", "quiet", "x_cancelled", ["remove"], "done"),
  expired: face("st_expired", "warn", "x_expired", ["remove"], "done"),
};

/** What somebody else's upload shows. */
export const atBoxFace = (state: UploadState): Pick<Face, "title" | "tone"> =>
  state === "receiving" ? { title: "st_uploading", tone: "busy" } : atBox[state];

const local: Record<LocalState, (study: QueuedStudy) => Face> = {
  saving: () => face("st_saving", "busy", "x_saving", ["cancel"]),
  waiting: ({ cause }) => waiting[cause ?? "turn"],
  uploading: () => face("st_uploading", "busy", null, ["pause", "cancel"]),
  paused: () => face("st_paused", "quiet", "x_paused", ["resume", "cancel"]),
  at_box: ({ status }) => {
    const found = atBox[status?.state ?? "processing"];
    const full = status?.state === "processing" && status.warnings.some(({ code }) => code === "waiting_for_space");
    return full ? { ...found, tone: "warn", text: "x_space" } : found;
  },
  needs_you: ({ cause, status }) => {
    if (status !== null && (cause === null || cause === "refused") && status.state === "needs_attention")
      return atBox.needs_attention;
    return { ...waiting[cause ?? "refused"], title: "st_needs", shelf: "needs_you" };
  },
  done: ({ status }) => atBox[status?.state ?? "cancelled"],
  failed: ({ status }) =>
    status?.state === "failed"
      ? atBox.failed
      : face("st_failed", "bad", "x_refused", ["try_now", "cancel"], "needs_you"),
};

/** What a study shows. Accepting counts only where the archive has something, a receipt where there is one. */
export function faceOf(study: QueuedStudy): Face {
  const found = local[study.state](study);
  const something = deliveriesOf(study).some((delivery) => delivery.delivered_instances > 0);
  const proven = typeof study.status?.pacs_receipt_id === "string";
  const idle = (action: Action) => (action === "accept" && !something) || (action === "receipt" && !proven);
  return found.actions.some(idle) ? { ...found, actions: found.actions.filter((action) => !idle(action)) } : found;
}

const stages: Record<LocalState, Stage> = {
  saving: 0,
  waiting: 0,
  uploading: 1,
  paused: 1,
  at_box: 2,
  needs_you: 1,
  done: 2,
  failed: 1,
};

/** Which of the three stages is under way; the green tick only on the archive's receipt. */
export function stageOf(study: QueuedStudy): Stage {
  if (study.status?.state === "delivered" && study.state === "done") return 3;
  if (study.state === "needs_you" && study.status !== null && study.status.state !== "receiving") return 2;
  if (study.state === "waiting" && study.sentBytes > 0) return 1;
  return stages[study.state];
}

/** A study that ended without reaching the archive is at no stage any more. */
export const isOnItsWay = (study: QueuedStudy): boolean => !stopped.has(faceOf(study).title);
const stopped: ReadonlySet<Word> = new Set(["st_cancelled", "st_expired", "st_failed"]);

export const deliveryWords: Record<DeliveryState, { readonly word: Word; readonly tone: Tone }> = {
  pending: { word: "d_pending", tone: "quiet" },
  sending: { word: "d_sending", tone: "busy" },
  retrying: { word: "d_retrying", tone: "warn" },
  waiting: { word: "d_waiting", tone: "warn" },
  delivered: { word: "d_delivered", tone: "good" },
  partial: { word: "d_partial", tone: "warn" },
  parked: { word: "d_parked", tone: "bad" },
  discarded: { word: "d_discarded", tone: "bad" },
  cancelled: { word: "d_cancelled", tone: "quiet" },
};

export const deliveriesOf = (study: QueuedStudy): readonly DeliveryView[] =>
  study.status?.studies.flatMap(({ deliveries }) => deliveries) ?? [];

/** How far the whole way is, 0 to 100: what the bar shows. Delivery counts images, the way to the box bytes. */
export function percentOf(study: QueuedStudy): number {
  const face = faceOf(study);
  if (face.title === "st_delivered") return 100;
  if (study.state === "saving") return share(study.savedBytes, study.totalBytes);
  const deliveries = deliveriesOf(study);
  const total = deliveries.reduce((sum, delivery) => sum + delivery.total_instances, 0);
  if (stageOf(study) === 2 && total > 0) {
    const done = deliveries.reduce((sum, delivery) => sum + delivery.delivered_instances, 0);
    return Math.min(99, share(done, total)); // the last percent is the receipt
  }
  return share(study.sentBytes, study.totalBytes);
}
const share = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.max(0, Math.min(100, Math.floor((part / whole) * 100)));
