import { and, count, desc, eq, gt, inArray, isNull, max, sql } from "drizzle-orm";
import { openDeliveryStates } from "../contract/states.ts";
import type { Queries } from "./database.ts";
import { delivery } from "./schema.ts";
import { session, user } from "./schema-accounts.ts";

/** Of each destination: what waits and what is parked, and when something last arrived there. */
export function destinationTallies(q: Queries) {
  const rows = q
    .select({ destinationId: delivery.destinationId, state: delivery.state, n: count() })
    .from(delivery)
    .where(inArray(delivery.state, [...openDeliveryStates, "parked"]))
    .groupBy(delivery.destinationId, delivery.state)
    .all();
  const sum = (of: typeof rows) => of.reduce((total, { n }) => total + n, 0);
  const waits = rows.filter(({ state }) => openDeliveryStates.some((one) => one === state));
  const parked = rows.filter(({ state }) => state === "parked");
  return {
    of: (id: string) => ({
      waiting: sum(waits.filter(({ destinationId }) => destinationId === id)),
      parked: sum(parked.filter(({ destinationId }) => destinationId === id)),
      lastDeliveredAt: newestArrival(q, id).get()?.at ?? null,
    }),
  };
}

/** The state is written out, not bound: only so does SQLite see that the index of what arrived has it. */
export const newestArrival = (q: Queries, destinationId: string) =>
  q
    .select({ at: max(delivery.updatedAt) })
    .from(delivery)
    .where(and(eq(delivery.destinationId, destinationId), sql`${delivery.state} = 'delivered'`));

/** Every sign-in that is alive at this moment of box time, with its person; the one used last first. */
export const liveSessions = (q: Queries, now: number) =>
  q
    .select({ session, username: user.username, role: user.role })
    .from(session)
    .innerJoin(user, eq(user.id, session.userId))
    .where(and(isNull(session.revokedAt), gt(session.endsAt, now)))
    .orderBy(desc(session.lastUsedAt))
    .all();
