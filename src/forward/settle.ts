import { type DeliveryState, isSettled, isTerminal, type UploadState, uploadTransitions } from "../contract/states.ts";
import type { Transaction } from "../db/database.ts";
import { changeDelivery, type UploadFacts, uploadFacts } from "../db/deliveries.ts";
import { anythingStored } from "../db/receipts.ts";
import { updateUpload } from "../db/uploads.ts";

/** What an upload's state follows from, once intake is through with it. */
export interface SettleFacts {
  readonly decisions: readonly UploadFacts["studies"][number]["decision"][];
  readonly deliveries: readonly DeliveryState[];
  /** Something that is DICOM, an image or an archive was refused at intake. */
  readonly refusedAtIntake: boolean;
  /** Any instance is at a PACS, by whatever delivery. */
  readonly anythingStored: boolean;
}

/** The upload's state out of its studies and deliveries (CONTRACT §3). The first row that holds is the answer. */
export function uploadStateOf({ decisions, deliveries, refusedAtIntake, anythingStored }: SettleFacts): UploadState {
  const any = (...states: DeliveryState[]) => deliveries.some((state) => states.includes(state));
  const unsettled = deliveries.some((state) => !isSettled(state) && state !== "parked");
  const whole = !refusedAtIntake && !decisions.includes("rejected") && deliveries.every((it) => it === "delivered");
  const rows: readonly (readonly [boolean, UploadState])[] = [
    // First, because a study that waits for a person goes on only by that person, whatever else runs beside it.
    [decisions.includes("needs_confirmation"), "needs_confirmation"],
    [unsettled, "forwarding"],
    [any("parked"), "needs_attention"],
    [any("delivered") && whole, "delivered"],
    [any("delivered", "partial") || anythingStored, "partial"],
    [any("cancelled") && !any("discarded"), "cancelled"],
  ];
  return rows.find(([holds]) => holds)?.[1] ?? "failed";
}

const withSomething = (row: UploadFacts["deliveries"][number]): boolean =>
  row.state === "delivered" || (isSettled(row.state) && row.deliveredInstances > 0);

/** The one receipt of an upload is made when the first delivery settles with something delivered; later ones join it. */
function giveReceipt(tx: Transaction, { upload, deliveries }: UploadFacts): string | null {
  const fresh = deliveries.filter((row) => row.receiptId === null && withSomething(row));
  if (fresh.length === 0) return upload.receiptId;
  const receiptId = upload.receiptId ?? crypto.randomUUID();
  for (const row of fresh) changeDelivery(tx, row.id, { receiptId });
  return receiptId;
}

/**
 * Brings an upload's state in step with its studies and deliveries, inside the transaction that changed them.
 * An upload without studies or in a terminal state stays as it is. Answers the state.
 * @throws Error where contract/states.ts does not know the transition
 */
export function settleUpload(tx: Transaction, uploadId: string, now: number): UploadState {
  const facts = uploadFacts(tx, uploadId);
  if (!facts) throw new Error("upload is gone");
  const { upload, studies, deliveries } = facts;
  if (isTerminal(upload.state) || studies.length === 0) return upload.state;
  const state = uploadStateOf({
    decisions: studies.map(({ decision }) => decision),
    deliveries: deliveries.map((row) => row.state),
    refusedAtIntake: facts.refusedFindings > 0,
    anythingStored: anythingStored(tx, uploadId),
  });
  if (state !== upload.state && !uploadTransitions[upload.state].includes(state))
    throw new Error(`upload cannot go from ${upload.state} to ${state}`);
  const receiptId = giveReceipt(tx, facts);
  const errorCode =
    state === "failed" ? (deliveries.find((row) => row.errorCode)?.errorCode ?? null) : upload.errorCode;
  updateUpload(tx, uploadId, { state, receiptId, errorCode, endedAt: isTerminal(state) ? now : null });
  return state;
}
