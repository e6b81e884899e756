import { and, count, countDistinct, desc, eq, inArray, isNotNull, isNull, or, sql } from "drizzle-orm";
import type { ErrorCode } from "../contract/errors.ts";
import { deliveryStates, isSettled } from "../contract/states.ts";
import type { Queries } from "./database.ts";
import { placeholders } from "./insert-many.ts";
import { delivery, deliveryInstance, instance, study, upload } from "./schema.ts";

type Delivery = typeof delivery.$inferSelect;
export type OutcomeRow = typeof deliveryInstance.$inferInsert;
const settledStates = deliveryStates.filter(isSettled);
export type OutcomeResult = OutcomeRow["result"];

/** A study counts as delivered where all of it is: each destination's outcomes are counted for themselves. */
const of = (deliveryId: string, destinationId: string) =>
  and(eq(deliveryInstance.deliveryId, deliveryId), eq(deliveryInstance.destinationId, destinationId));

/** The instances of a delivery that are neither confirmed nor refused for good, with what is known of them. */
export const openInstances = (
  q: Queries,
  { id: deliveryId, studyId, notesAs }: Pick<Delivery, "id" | "studyId" | "notesAs">,
  destinationId: string,
) =>
  q
    .select({ instance, known: deliveryInstance })
    .from(instance)
    .leftJoin(deliveryInstance, and(eq(deliveryInstance.instanceId, instance.id), of(deliveryId, destinationId)))
    .where(
      and(
        eq(instance.studyId, studyId),
        notesAs === "none" ? isNull(instance.notesAs) : or(isNull(instance.notesAs), eq(instance.notesAs, notesAs)),
        or(isNull(deliveryInstance.result), inArray(deliveryInstance.result, ["answered", "retry"])),
      ),
    )
    .orderBy(instance.id)
    .all();
export type OpenInstance = ReturnType<typeof openInstances>[number];

/** How many instances of a delivery stand at each result; notes that went in a form it does not take any more are none of them. */
export function countOutcomes(q: Queries, deliveryId: string, destinationId: string): Record<OutcomeResult, number> {
  const rows = q
    .select({ result: deliveryInstance.result, n: count() })
    .from(deliveryInstance)
    .innerJoin(delivery, eq(delivery.id, deliveryInstance.deliveryId))
    .innerJoin(instance, eq(instance.id, deliveryInstance.instanceId))
    .where(and(of(deliveryId, destinationId), or(isNull(instance.notesAs), eq(instance.notesAs, delivery.notesAs))))
    .groupBy(deliveryInstance.result)
    .all();
  const counts = { answered: 0, stored: 0, refused: 0, retry: 0 };
  for (const { result, n } of rows) counts[result] = n;
  return counts;
}

/** How many instances of a delivery are confirmed, wherever: at its destination, its fallback, or where it went before. */
export const countStoredAnywhere = (q: Queries, deliveryId: string): number =>
  q
    .select({ n: countDistinct(deliveryInstance.instanceId) })
    .from(deliveryInstance)
    .where(and(eq(deliveryInstance.deliveryId, deliveryId), eq(deliveryInstance.result, "stored")))
    .get()?.n ?? 0;

/** The commonest error among the instances of a delivery with this result. */
export function commonestError(q: Queries, deliveryId: string, destinationId: string, result: OutcomeResult) {
  const row = q
    .select({ code: deliveryInstance.errorCode, message: deliveryInstance.errorMessage, n: count() })
    .from(deliveryInstance)
    .where(
      and(of(deliveryId, destinationId), eq(deliveryInstance.result, result), isNotNull(deliveryInstance.errorCode)),
    )
    .groupBy(deliveryInstance.errorCode, deliveryInstance.errorMessage)
    .orderBy(desc(count()))
    .limit(1)
    .get();
  return row?.code ? { code: row.code as ErrorCode, message: row.message ?? "" } : undefined;
}

/** Writes outcomes over what was known; a confirmed instance stays confirmed. */
export function recordOutcomes(tx: Queries, rows: readonly OutcomeRow[]): void {
  const complete = rows.map((row) => ({ verifiedBy: null, errorCode: null, errorMessage: null, ...row }));
  const [first] = complete;
  if (first === undefined) return;
  const record = tx
    .insert(deliveryInstance)
    .values(placeholders<typeof deliveryInstance>(first))
    .onConflictDoUpdate({
      target: [deliveryInstance.deliveryId, deliveryInstance.destinationId, deliveryInstance.instanceId],
      set: {
        result: sql`excluded.result`,
        answer: sql`excluded.answer`,
        verifiedBy: sql`excluded.verified_by`,
        errorCode: sql`excluded.error_code`,
        errorMessage: sql`excluded.error_message`,
        at: sql`excluded.at`,
      },
      setWhere: sql`${deliveryInstance.result} <> 'stored'`,
    })
    .prepare();
  for (const row of complete) record.run(row);
}

/** The same outcome without an error for many instances at once, in one statement: 20 000 of them must not hold the box up. */
export function recordForAll(
  tx: Queries,
  instanceIds: readonly number[],
  { deliveryId, destinationId, result, answer, at }: Omit<OutcomeRow, "instanceId">,
): void {
  tx.run(sql`
    INSERT INTO delivery_instance (delivery_id, destination_id, instance_id, result, answer, at)
    SELECT ${deliveryId}, ${destinationId}, value, ${result}, ${answer}, ${at} FROM json_each(${JSON.stringify(instanceIds)}) WHERE true
    ON CONFLICT (delivery_id, destination_id, instance_id) DO UPDATE
    SET result = excluded.result, answer = excluded.answer, verified_by = NULL, error_code = NULL, error_message = NULL, at = excluded.at
    WHERE delivery_instance.result <> 'stored'`);
}

/** Forgets outcomes of a delivery, so that those instances are sent again; without a result, all. */
export const forgetOutcomes = (tx: Queries, deliveryId: string, result?: OutcomeResult): void => {
  tx.delete(deliveryInstance)
    .where(and(eq(deliveryInstance.deliveryId, deliveryId), result ? eq(deliveryInstance.result, result) : undefined))
    .run();
};

/** Whether any instance of an upload is at a PACS, confirmed or by its word. */
export const anythingStored = (q: Queries, uploadId: string): boolean =>
  q
    .select({ id: delivery.id })
    .from(delivery)
    .innerJoin(deliveryInstance, eq(deliveryInstance.deliveryId, delivery.id))
    .where(and(eq(delivery.uploadId, uploadId), inArray(deliveryInstance.result, ["stored", "answered"])))
    .limit(1)
    .get() !== undefined;

/** The upload a receipt was made for; repeats of it carry the same receipt. */
export const uploadOfReceipt = (q: Queries, receiptId: string) =>
  q
    .select({ id: upload.id, endedAt: upload.endedAt })
    .from(upload)
    .where(eq(upload.receiptId, receiptId))
    .orderBy(upload.createdAt)
    .limit(1)
    .get();

/** The uploads whose receipt, or a settled delivery's receipt, this is. */
export function uploadsWithReceipt(q: Queries, receiptId: string): string[] {
  const own = q.select({ id: upload.id }).from(upload).where(eq(upload.receiptId, receiptId)).all();
  const joined = q
    .select({ id: delivery.uploadId })
    .from(delivery)
    .where(and(eq(delivery.receiptId, receiptId), inArray(delivery.state, settledStates)))
    .all();
  return [...new Set([...own, ...joined].map(({ id }) => id))];
}

/** Deliveries of an upload with their study's UID, in a stable order. */
export const receiptDeliveries = (q: Queries, uploadId: string) =>
  q
    .select({ studyInstanceUID: study.studyInstanceUID, delivery })
    .from(delivery)
    .innerJoin(study, eq(study.id, delivery.studyId))
    .where(eq(delivery.uploadId, uploadId))
    .orderBy(study.studyInstanceUID, delivery.createdAt, delivery.destinationId)
    .all();

/** The confirmed instances of a delivery at one destination; without one, at all that took some of it. */
export const storedInstances = (q: Queries, deliveryId: string, destinationId?: string) =>
  q
    .select({
      sopInstanceUID: instance.sopInstanceUID,
      sha256: instance.sha256,
      corrected: instance.corrected,
      outcome: deliveryInstance,
    })
    .from(deliveryInstance)
    .innerJoin(instance, eq(instance.id, deliveryInstance.instanceId))
    .where(
      and(
        eq(deliveryInstance.deliveryId, deliveryId),
        destinationId === undefined ? undefined : eq(deliveryInstance.destinationId, destinationId),
        eq(deliveryInstance.result, "stored"),
      ),
    )
    .orderBy(instance.id, deliveryInstance.destinationId)
    .all();
