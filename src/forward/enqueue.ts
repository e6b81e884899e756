import type { Transaction } from "../db/database.ts";
import { insertDelivery } from "../db/deliveries.ts";
import { reasonOf } from "./verdict.ts";

/** Stands for the missing destination of a study that routing could send nowhere. */
export const noDestination = "none";

export interface EnqueueOptions {
  readonly uploadId: string;
  readonly studyId: string;
  /** As routing names them. */
  readonly destinationIds: readonly string[];
  readonly serviceLevel: "routine" | "stat";
  readonly totalInstances: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** retention.retry_hours */
  readonly retryHours: number;
}

export const retryUntil = (now: number, retryHours: number): number => now + Math.round(retryHours * 3_600_000);

/**
 * Queues one delivery per destination, inside the transaction that accepts the study. Without a destination the study
 * is parked with `no_destination`. Answers the deliveries' ids.
 */
export function enqueueDeliveries(tx: Transaction, options: EnqueueOptions): string[] {
  const { uploadId, studyId, destinationIds, serviceLevel, totalInstances, now, retryHours } = options;
  const common = {
    uploadId,
    studyId,
    priority: serviceLevel === "stat" ? 0 : 1,
    totalInstances,
    retryUntil: retryUntil(now, retryHours),
    createdAt: now,
    updatedAt: now,
  };
  if (destinationIds.length === 0) {
    const id = crypto.randomUUID();
    const { code, message } = reasonOf("no_destination");
    const parked = { state: "parked", errorCode: code, errorMessage: message } as const;
    insertDelivery(tx, { id, ...common, ...parked, destinationId: noDestination });
    return [id];
  }
  return [...new Set(destinationIds)].map((destinationId) => {
    const id = crypto.randomUUID();
    insertDelivery(tx, { id, ...common, destinationId, state: "pending" });
    return id;
  });
}
