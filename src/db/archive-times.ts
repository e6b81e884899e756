import { and, asc, eq, gt, gte, lt, sql } from "drizzle-orm";
import type { Queries } from "./database.ts";
import { delivery, study, upload } from "./schema.ts";

/** Since the sender had sent all of it, by the clock that nobody sets; a settled delivery changes no more. */
const sinceComplete = sql<number>`max(0, ${delivery.updatedBox} - ${upload.lastTrafficAt})`;

/** How long one delivery took from `complete` to the confirmed archive, milliseconds. */
export const archiveTime = (q: Queries, deliveryId: string) =>
  q
    .select({ serviceLevel: study.serviceLevel, ms: sinceComplete })
    .from(delivery)
    .innerJoin(study, eq(study.id, delivery.studyId))
    .innerJoin(upload, eq(upload.id, delivery.uploadId))
    .where(eq(delivery.id, deliveryId))
    .get();

export interface ArchiveTimes {
  readonly serviceLevel: "routine" | "stat";
  readonly deliveries: number;
  /** Milliseconds. */
  readonly median: number;
  readonly p95: number;
  readonly longest: number;
}

/**
 * Time to archive per service level, of what was delivered in a span of wall time (milliseconds since 1970, `to` excluded). What
 * was there before and never went is not counted.
 */
export function archiveTimes(q: Queries, { from, to }: { readonly from: number; readonly to: number }): ArchiveTimes[] {
  const rows = q
    .select({ serviceLevel: study.serviceLevel, ms: sinceComplete })
    .from(delivery)
    .innerJoin(study, eq(study.id, delivery.studyId))
    .innerJoin(upload, eq(upload.id, delivery.uploadId))
    .where(
      and(
        eq(delivery.state, "delivered"),
        gt(delivery.attempts, 0),
        gte(delivery.updatedAt, from),
        lt(delivery.updatedAt, to),
      ),
    )
    .orderBy(asc(sinceComplete))
    .all();
  return (["stat", "routine"] as const).flatMap((serviceLevel) => {
    const took = rows.filter((row) => row.serviceLevel === serviceLevel).map(({ ms }) => ms);
    const at = (share: number) => took[Math.ceil(took.length * share) - 1] ?? 0;
    if (took.length === 0) return [];
    return [{ serviceLevel, deliveries: took.length, median: at(0.5), p95: at(0.95), longest: at(1) }];
  });
}
