import { count, inArray, isNull, min, sum } from "drizzle-orm";
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

/** Received bytes of which the files are still here. */
export const spoolBytes = (db: Queries): number =>
  Number(
    db
      .select({ bytes: sum(upload.receivedBytes) })
      .from(upload)
      .where(isNull(upload.filesRemovedAt))
      .get()?.bytes ?? 0,
  );
