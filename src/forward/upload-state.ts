import { type DeliveryState, isSettled, type StudyDecision, type UploadState } from "../contract/states.ts";

/** What an upload's state follows from, once intake is through with it. */
export interface SettleFacts {
  readonly decisions: readonly StudyDecision[];
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
