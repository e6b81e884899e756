import { and, count, desc, eq, gt, inArray, isNull, lte, min, ne, not, notInArray, or, sql } from "drizzle-orm";
import type { ErrorCode } from "../contract/errors.ts";
import { type DeliveryState, deliveryStates, deliveryTransitions } from "../contract/states.ts";
import type { Moment } from "../core/clock.ts";
import type { Queries, Transaction } from "./database.ts";
import { delivery, finding, study } from "./schema.ts";
import { deliveriesOf, studiesOf } from "./studies.ts";
import { findUpload } from "./uploads.ts";

export type Delivery = typeof delivery.$inferSelect;
export type NewDelivery = typeof delivery.$inferInsert;
export type DeliveryChange = Partial<Omit<Delivery, "id" | "uploadId" | "studyId" | "state">>;

/** That a row was changed, by both clocks. */
export const changedNow = ({ wall, box }: Moment) => ({ updatedAt: wall, updatedBox: box });

/** From which states a delivery may get into this one (contract/states.ts). */
const sources = (to: DeliveryState): DeliveryState[] =>
  deliveryStates.filter((from) => deliveryTransitions[from].includes(to));

export const insertDelivery = (tx: Queries, row: NewDelivery): void => {
  tx.insert(delivery).values(row).run();
};

export const deliveryById = (q: Queries, id: string): Delivery | undefined =>
  q.select().from(delivery).where(eq(delivery.id, id)).get();

/** Changes what stands beside the state. */
export const changeDelivery = (tx: Queries, id: string, change: DeliveryChange): void => {
  tx.update(delivery).set(change).where(eq(delivery.id, id)).run();
};

/**
 * Moves one delivery to another state.
 * @throws Error where contract/states.ts does not know the transition
 */
export function moveDelivery(tx: Transaction, id: string, to: DeliveryState, change: DeliveryChange): void {
  const from = tx.select({ state: delivery.state }).from(delivery).where(eq(delivery.id, id)).get()?.state;
  if (from === undefined) throw new Error("delivery is gone");
  if (!deliveryTransitions[from].includes(to)) throw new Error(`delivery cannot go from ${from} to ${to}`);
  tx.update(delivery)
    .set({ ...change, state: to })
    .where(eq(delivery.id, id))
    .run();
}

/** Moves all deliveries of a lane that are in one of the states; answers whose uploads changed. */
export function moveLane(
  q: Queries,
  destinationId: string,
  from: readonly DeliveryState[],
  to: DeliveryState,
  change: DeliveryChange,
): string[] {
  const allowed = from.filter((state) => sources(to).includes(state));
  const moved = q
    .update(delivery)
    .set({ ...change, state: to })
    .where(and(inArray(delivery.state, allowed), eq(delivery.destinationId, destinationId)))
    .returning({ uploadId: delivery.uploadId })
    .all();
  return [...new Set(moved.map(({ uploadId }) => uploadId))];
}

/** After a start nobody sends and nobody is known to be down: what was `sending` or `waiting` is queued again. */
export function recoverDeliveries(q: Queries, now: Moment): number {
  return q
    .update(delivery)
    .set({ state: "pending", nextAttemptAt: null, ...changedNow(now) })
    .where(inArray(delivery.state, ["sending", "waiting"]))
    .returning({ id: delivery.id })
    .all().length;
}

/** Destinations for which something is queued or under way. */
export const queuedDestinations = (q: Queries): string[] =>
  q
    .selectDistinct({ id: delivery.destinationId })
    .from(delivery)
    .where(inArray(delivery.state, ["pending", "sending", "retrying", "waiting"]))
    .all()
    .map(({ id }) => id);

/** Deliveries of a lane in one state. */
export const laneDeliveries = (q: Queries, destinationId: string, states: readonly DeliveryState[]): Delivery[] =>
  q
    .select()
    .from(delivery)
    .where(and(inArray(delivery.state, [...states]), eq(delivery.destinationId, destinationId)))
    .all();

export interface QueueFilter {
  readonly destinationId: string;
  /** Box time. */
  readonly now: number;
  readonly statOnly: boolean;
  /** Uploads of which nothing is to go. */
  readonly except?: readonly string[];
  /** Deliveries of which an attempt is not over yet, whatever their state says. */
  readonly running?: readonly string[];
}

/** One state's head of the queue; state by state, so that the index delivery_queue gives the order without a sort. */
export const queueHead = (q: Queries, state: "pending" | "retrying", filter: QueueFilter) =>
  q
    .select()
    .from(delivery)
    .where(
      and(
        eq(delivery.state, state),
        eq(delivery.destinationId, filter.destinationId),
        filter.statOnly ? eq(delivery.priority, 0) : undefined,
        filter.except?.length ? notInArray(delivery.uploadId, [...filter.except]) : undefined,
        filter.running?.length ? notInArray(delivery.id, [...filter.running]) : undefined,
        or(isNull(delivery.nextAttemptAt), lte(delivery.nextAttemptAt, filter.now)),
      ),
    )
    .orderBy(delivery.priority, delivery.createdAt)
    .limit(1);

/** The delivery of a lane that is to go next: STAT before routine, then by age. */
export function nextDelivery(q: Queries, filter: QueueFilter): Delivery | undefined {
  const heads = (["pending", "retrying"] as const).flatMap((state) => queueHead(q, state, filter).all());
  return heads.sort((a, b) => a.priority - b.priority || a.createdAt - b.createdAt)[0];
}

const queued = (destinationId: string, states: readonly DeliveryState[]) =>
  and(inArray(delivery.state, [...states]), eq(delivery.destinationId, destinationId));

/** When (box time) the next dated delivery of a lane is due; null: nothing is dated. */
export const nextRetryAt = (q: Queries, destinationId: string): number | null =>
  q
    .select({ at: min(delivery.nextAttemptAt) })
    .from(delivery)
    .where(queued(destinationId, ["pending", "retrying"]))
    .get()?.at ?? null;

/** When (box time) the first waiting delivery of a lane is out of its time. */
export const nextExpiryAt = (q: Queries, destinationId: string): number | null =>
  q
    .select({ at: min(delivery.retryUntil) })
    .from(delivery)
    .where(queued(destinationId, ["waiting"]))
    .get()?.at ?? null;

/** Queued deliveries of a lane that are out of their time at a moment of box time. */
export const expiredDeliveries = (q: Queries, destinationId: string, now: number): Delivery[] =>
  q
    .select()
    .from(delivery)
    .where(and(queued(destinationId, ["pending", "retrying", "waiting"]), lte(delivery.retryUntil, now)))
    .all();

/**
 * Lets all that is queued in a lane wait for the next probe, or for its own retry date where that is later; an error of
 * its own is kept. Answers whose uploads changed.
 */
export function holdLane(
  q: Queries,
  destinationId: string,
  cause: { readonly code: ErrorCode; readonly message: string; readonly nextProbeAt: number },
  now: Moment,
): string[] {
  const own = gt(delivery.nextAttemptAt, cause.nextProbeAt);
  const dated = or(own, eq(delivery.nextAttemptAt, cause.nextProbeAt));
  const moved = q
    .update(delivery)
    .set({
      state: "waiting",
      nextAttemptAt: sql`case when ${own} then ${delivery.nextAttemptAt} else ${cause.nextProbeAt} end`,
      errorCode: sql`coalesce(${delivery.errorCode}, ${cause.code})`,
      errorMessage: sql`coalesce(${delivery.errorMessage}, ${cause.message})`,
      ...changedNow(now),
    })
    .where(
      and(
        queued(destinationId, ["pending", "retrying", "waiting"]),
        or(ne(delivery.state, "waiting"), isNull(delivery.nextAttemptAt), not(dated ?? sql`false`)),
      ),
    )
    .returning({ uploadId: delivery.uploadId })
    .all();
  return [...new Set(moved.map(({ uploadId }) => uploadId))];
}

/** Queues again what waited in a lane; dates later than `keepAfter` (box time) stay. Answers whose uploads changed. */
export function releaseLane(q: Queries, destinationId: string, keepAfter: number, now: Moment): string[] {
  const kept = gt(delivery.nextAttemptAt, keepAfter);
  const moved = q
    .update(delivery)
    .set({
      state: "pending",
      nextAttemptAt: sql`case when ${kept} then ${delivery.nextAttemptAt} end`,
      ...changedNow(now),
    })
    .where(queued(destinationId, ["waiting"]))
    .returning({ uploadId: delivery.uploadId })
    .all();
  return [...new Set(moved.map(({ uploadId }) => uploadId))];
}

/** The UID of the study that a delivery carries. */
export function studyInstanceUIDOf(q: Queries, studyId: string): string {
  const row = q.select({ uid: study.studyInstanceUID }).from(study).where(eq(study.id, studyId)).get();
  if (!row) throw new Error("study is gone");
  return row.uid;
}

/** All that an upload's state follows from. */
export function uploadFacts(q: Queries, uploadId: string) {
  const row = findUpload(q, uploadId);
  if (!row) return undefined;
  const refused = q
    .select({ n: count() })
    .from(finding)
    .where(and(eq(finding.uploadId, uploadId), eq(finding.severity, "refused")))
    .get();
  return {
    upload: row,
    studies: studiesOf(q, uploadId),
    deliveries: deliveriesOf(q, uploadId),
    refusedFindings: refused?.n ?? 0,
  };
}
export type UploadFacts = NonNullable<ReturnType<typeof uploadFacts>>;

/** Deliveries for the administration, oldest first; `after` is the last row of the page before. */
export const listDeliveries = (
  q: Queries,
  filter: { states?: DeliveryState[]; after?: { createdAt: number; id: string }; limit: number },
) =>
  q
    .select({ delivery, studyInstanceUID: study.studyInstanceUID, serviceLevel: study.serviceLevel })
    .from(delivery)
    .innerJoin(study, eq(study.id, delivery.studyId))
    .where(
      and(
        filter.states === undefined ? undefined : inArray(delivery.state, filter.states),
        filter.after === undefined
          ? undefined
          : or(
              gt(delivery.createdAt, filter.after.createdAt),
              and(eq(delivery.createdAt, filter.after.createdAt), gt(delivery.id, filter.after.id)),
            ),
      ),
    )
    .orderBy(delivery.createdAt, delivery.id)
    .limit(filter.limit)
    .all();

/** What is parked, by destination and cause, the most first. */
export const parkedByCause = (db: Queries) =>
  db
    .select({ destinationId: delivery.destinationId, code: delivery.errorCode, count: count() })
    .from(delivery)
    .where(eq(delivery.state, "parked"))
    .groupBy(delivery.destinationId, delivery.errorCode)
    .orderBy(desc(count()))
    .all();
