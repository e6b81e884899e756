import { eq, sql } from "drizzle-orm";
import type { Queries } from "./database.ts";
import { delivery, study, upload } from "./schema.ts";

/** From `complete` to the confirmed archive, milliseconds, by the clock that nobody sets; a settled delivery changes no more. */
export const sinceComplete = sql<number>`max(0, ${delivery.updatedBox} - ${upload.lastTrafficAt})`;
/** Since it was queued, by the clock on the wall, which may have been set meanwhile. */
const sinceQueued = sql<number>`max(0, ${delivery.updatedAt} - ${delivery.createdAt})`;

/** How long one delivery took, milliseconds. */
export const archiveTime = (q: Queries, deliveryId: string) =>
  q
    .select({ serviceLevel: study.serviceLevel, ms: sinceComplete, queuedMs: sinceQueued })
    .from(delivery)
    .innerJoin(study, eq(study.id, delivery.studyId))
    .innerJoin(upload, eq(upload.id, delivery.uploadId))
    .where(eq(delivery.id, deliveryId))
    .get();
