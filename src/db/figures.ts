import { and, count, gte, inArray, isNull, min, sum } from "drizzle-orm";
import { openDeliveryStates } from "../contract/states.ts";
import type { Queries } from "./database.ts";
import { delivery, upload } from "./schema.ts";

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
    .where(inArray(delivery.state, [...openDeliveryStates]))
    .groupBy(delivery.destinationId, delivery.state, delivery.priority)
    .all();

/** Uploads of which the files are still here: how many bytes were received, and when the oldest was opened. */
export function spoolFigures(db: Queries) {
  const row = db
    .select({ bytes: sum(upload.receivedBytes), uploads: count(), oldest: min(upload.createdAt) })
    .from(upload)
    .where(isNull(upload.filesRemovedAt))
    .get();
  return { bytes: Number(row?.bytes ?? 0), uploads: row?.uploads ?? 0, oldestAt: row?.oldest ?? null };
}

/** Bytes of the uploads opened since a time. */
export const bytesSince = (db: Queries, since: number): number =>
  Number(
    db
      .select({ bytes: sum(upload.receivedBytes) })
      .from(upload)
      .where(gte(upload.createdAt, since))
      .get()?.bytes ?? 0,
  );

/** Uploads that ended since a time without all of them being delivered. */
export const failedSince = (db: Queries, since: number): number =>
  db
    .select({ n: count() })
    .from(upload)
    .where(and(inArray(upload.state, ["failed", "partial"]), gte(upload.endedAt, since)))
    .get()?.n ?? 0;
