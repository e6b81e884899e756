import { and, count, eq, inArray, isNotNull, isNull, lt, ne, or, sql } from "drizzle-orm";
import type { Queries } from "./database.ts";
import { deliveredObject, deliveryInstance, instance, study, upload } from "./schema.ts";
import { destinationTarget } from "./schema-destinations.ts";

export type DeliveredRow = typeof deliveredObject.$inferSelect;

/** What was confirmed before of these objects, anywhere. */
export function deliveredObjects(q: Queries, keys: readonly string[]): DeliveredRow[] {
  const asked = sql`(SELECT value FROM json_each(${JSON.stringify(keys)}))`;
  return q
    .select()
    .from(deliveredObject)
    .where(and(inArray(deliveredObject.objectKey, asked), ne(deliveredObject.sopInstanceUID, "")))
    .all();
}

/** Remembers what a delivery's destination confirmed, under the receipt that says so. */
export function rememberDelivered(tx: Queries, deliveryId: string, receiptId: string, at: number): void {
  tx.insert(deliveredObject)
    .select(
      tx
        .select({
          objectKey: sql<string>`${instance.objectKey}`.as("object_key"),
          destinationId: deliveryInstance.destinationId,
          receiptId: sql<string>`${receiptId}`.as("receipt_id"),
          studyInstanceUID: study.studyInstanceUID,
          seriesInstanceUID: instance.seriesInstanceUID,
          sopInstanceUID: instance.sopInstanceUID,
          modalities: study.modalities,
          at: sql<number>`${at}`.as("at"),
        })
        .from(deliveryInstance)
        .innerJoin(instance, eq(instance.id, deliveryInstance.instanceId))
        .innerJoin(study, eq(study.id, instance.studyId))
        .where(
          and(
            eq(deliveryInstance.deliveryId, deliveryId),
            eq(deliveryInstance.result, "stored"),
            isNotNull(instance.objectKey),
          ),
        ),
    )
    .onConflictDoUpdate({
      target: [deliveredObject.objectKey, deliveredObject.destinationId],
      set: { sopInstanceUID: sql`excluded.sop_instance_uid`, seriesInstanceUID: sql`excluded.series_instance_uid` },
    })
    .run();
}

/** A destination does not show these any more: they are as if never confirmed there. */
export function forgetDelivered(tx: Queries, destinationId: string, keys: readonly string[]): void {
  for (let start = 0; start < keys.length; start += 500)
    tx.delete(deliveredObject)
      .where(
        and(
          eq(deliveredObject.destinationId, destinationId),
          inArray(deliveredObject.objectKey, keys.slice(start, start + 500)),
        ),
      )
      .run();
}

/** What of a study goes to a destination that takes notes in this form. */
const forForm = (studyId: string, notesAs: "sr" | "pdf" | "none") =>
  and(
    eq(instance.studyId, studyId),
    notesAs === "none" ? isNull(instance.notesAs) : or(isNull(instance.notesAs), eq(instance.notesAs, notesAs)),
  );

/** Instances of a study that one destination confirmed before, with the receipt of then. */
export const deliveredBefore = (q: Queries, studyId: string, destinationId: string, notesAs: "sr" | "pdf" | "none") =>
  q
    .select({
      instanceId: instance.id,
      receiptId: deliveredObject.receiptId,
      at: deliveredObject.at,
    })
    .from(instance)
    .innerJoin(
      deliveredObject,
      and(eq(deliveredObject.objectKey, instance.objectKey), eq(deliveredObject.destinationId, destinationId)),
    )
    .where(forForm(studyId, notesAs))
    .all();

/** How many instances of a study go to a destination that takes notes in this form. */
export const countForDelivery = (q: Queries, studyId: string, notesAs: "sr" | "pdf" | "none"): number =>
  q.select({ n: count() }).from(instance).where(forForm(studyId, notesAs)).get()?.n ?? 0;

/** The study a receipt was given for, as its sender was shown it; patient fields are null once they were emptied. */
export const earlierStudy = (q: Queries, receiptId: string, studyInstanceUID: string, userId: string) =>
  q
    .select({ study })
    .from(study)
    .innerJoin(upload, eq(upload.id, study.uploadId))
    .where(
      and(eq(upload.receiptId, receiptId), eq(study.studyInstanceUID, studyInstanceUID), eq(upload.userId, userId)),
    )
    .limit(1)
    .get()?.study;

/**
 * What the place before took of a delivery that is not over stays on record, but does not count at the new one: else half a study
 * would lie here and half there, and be called delivered. An attempt under way is queued again.
 */
function setApart(tx: Queries, destinationId: string): void {
  tx.run(sql`
    UPDATE OR REPLACE delivery_instance SET destination_id = ${`${destinationId} (moved)`}
    WHERE destination_id = ${destinationId}
    AND delivery_id IN (SELECT id FROM delivery WHERE state IN ('pending', 'sending', 'retrying', 'waiting', 'parked'))`);
  tx.run(sql`
    UPDATE delivery SET state = 'pending', next_attempt_at = NULL
    WHERE state = 'sending' AND coalesce(via, destination_id) = ${destinationId}`);
}

/** Forgets what was confirmed by destinations that are another place by now. @returns their ids */
export function forgetMovedDestinations(tx: Queries, targets: ReadonlyMap<string, string>): string[] {
  const known = new Map(
    tx
      .select()
      .from(destinationTarget)
      .all()
      .map((row) => [row.destinationId, row.target]),
  );
  const moved: string[] = [];
  for (const [destinationId, target] of targets) {
    if (known.get(destinationId) === target) continue;
    if (known.has(destinationId)) {
      moved.push(destinationId);
      tx.delete(deliveredObject).where(eq(deliveredObject.destinationId, destinationId)).run();
      setApart(tx, destinationId);
    }
    tx.insert(destinationTarget)
      .values({ destinationId, target })
      .onConflictDoUpdate({ target: destinationTarget.destinationId, set: { target, capability: null } })
      .run();
  }
  return moved;
}

export const forgetDeliveredBefore = (q: Queries, at: number): void => {
  q.delete(deliveredObject).where(lt(deliveredObject.at, at)).run();
};
