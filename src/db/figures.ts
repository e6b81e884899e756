import { count, eq, inArray, isNull, min, sum } from "drizzle-orm";
import type { Queries } from "./database.ts";
import { delivery, study, upload } from "./schema.ts";

/** How long one delivery took. Milliseconds. */
export interface DeliveryTimes {
  readonly serviceLevel: "routine" | "stat";
  /** Since it was queued. */
  readonly queuedMs: number;
  /** Since all bytes of its upload were here. */
  readonly receivedMs: number;
}

export function deliveryTimes(db: Queries, id: string): DeliveryTimes | undefined {
  const row = db
    .select({
      serviceLevel: study.serviceLevel,
      queued: delivery.createdAt,
      received: upload.completedAt,
      ended: delivery.updatedAt,
    })
    .from(delivery)
    .innerJoin(study, eq(study.id, delivery.studyId))
    .innerJoin(upload, eq(upload.id, delivery.uploadId))
    .where(eq(delivery.id, id))
    .get();
  if (!row) return;
  const since = (at: number) => Math.max(0, row.ended - at); // the clock may have been set
  return { serviceLevel: row.serviceLevel, queuedMs: since(row.queued), receivedMs: since(row.received ?? row.queued) };
}

const unfinished = ["pending", "sending", "retrying", "waiting"] as const;

/** What is not over yet, by destination, state and priority, with when the oldest of it was queued. */
export const waitingDeliveries = (db: Queries) =>
  db
    .select({
      destinationId: delivery.destinationId,
      state: delivery.state,
      priority: delivery.priority,
      count: count(),
      oldest: min(delivery.createdAt),
    })
    .from(delivery)
    .where(inArray(delivery.state, [...unfinished]))
    .groupBy(delivery.destinationId, delivery.state, delivery.priority)
    .all();

/** Received bytes of which the files are still here. */
export const spoolBytes = (db: Queries): number =>
  Number(
    db
      .select({ bytes: sum(upload.receivedBytes) })
      .from(upload)
      .where(isNull(upload.filesRemovedAt))
      .get()?.bytes ?? 0,
  );
