import type { Moment } from "../core/clock.ts";
import type { Config } from "../core/config-schema.ts";
import type { Transaction } from "../db/database.ts";
import { countForDelivery, deliveredBefore } from "../db/delivered.ts";
import { changedNow, insertDelivery } from "../db/deliveries.ts";
import { recordOutcomes } from "../db/receipts.ts";

/** Stands for the missing destination of a study that routing could send nowhere. */
export const noDestination = "none";

export interface EnqueueOptions {
  readonly uploadId: string;
  readonly studyId: string;
  /** As routing names them. */
  readonly destinationIds: readonly string[];
  readonly serviceLevel: "routine" | "stat";
  readonly config: Pick<Config, "destination" | "intake" | "retention">;
  /** Send also what was delivered before. */
  readonly resend: boolean;
  readonly now: Moment;
}

/** In box time. */
export const retryUntil = ({ box }: Moment, retryHours: number): number => box + Math.round(retryHours * 3_600_000);

/** In which form a destination takes clinical notes. */
export const notesFormOf = (
  { destination, intake }: Pick<Config, "destination" | "intake">,
  destinationId: string,
): "sr" | "pdf" | "none" => destination.find(({ id }) => id === destinationId)?.notes_as ?? intake.notes_as;

/**
 * Queues one delivery per destination, inside the transaction that accepts the study; its instances are in the database
 * by then. What a destination confirmed before is only asked for there, and sent again where it is gone; found whole, the
 * earlier receipt stands. Without a destination the dispatcher parks it with `no_destination`. Answers the deliveries' ids.
 */
export function enqueueDeliveries(tx: Transaction, options: EnqueueOptions): string[] {
  const { studyId, destinationIds, now } = options;
  const common = {
    uploadId: options.uploadId,
    studyId,
    priority: options.serviceLevel === "stat" ? 0 : 1,
    retryUntil: retryUntil(now, options.config.retention.retry_hours),
    createdAt: now.wall,
    ...changedNow(now),
  };
  if (destinationIds.length === 0) {
    const id = crypto.randomUUID();
    const totalInstances = countForDelivery(tx, studyId, "none");
    insertDelivery(tx, { id, ...common, state: "pending", totalInstances, destinationId: noDestination });
    return [id];
  }
  return [...new Set(destinationIds)].map((destinationId) => {
    const id = crypto.randomUUID();
    const notesAs = notesFormOf(options.config, destinationId);
    const totalInstances = countForDelivery(tx, studyId, notesAs);
    const before = options.resend ? [] : deliveredBefore(tx, studyId, destinationId, notesAs);
    const receipts = new Set(before.map(({ receiptId }) => receiptId));
    // Under several receipts none of them proves it all.
    const whole = before.length === totalInstances && receipts.size === 1;
    insertDelivery(tx, {
      id,
      ...common,
      destinationId,
      notesAs,
      totalInstances,
      state: "pending",
      receiptId: whole ? (before[0]?.receiptId ?? null) : null,
    });
    recordOutcomes(
      tx,
      before.map(({ instanceId, receiptId, at }) => ({
        deliveryId: id,
        instanceId,
        destinationId,
        result: "answered" as const,
        answer: `delivered before, receipt ${receiptId}`,
        at,
      })),
    );
    return id;
  });
}
