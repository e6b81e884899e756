import { and, count, desc, eq, gt, inArray, isNull, max } from "drizzle-orm";
import { openDeliveryStates } from "../contract/states.ts";
import type { Queries } from "./database.ts";
import { delivery } from "./schema.ts";
import { session, user } from "./schema-accounts.ts";

/** Of each destination: what waits and what is parked, and when something last arrived there. */
export function destinationTallies(q: Queries) {
  const rows = q
    .select({
      destinationId: delivery.destinationId,
      state: delivery.state,
      n: count(),
      newest: max(delivery.updatedAt),
    })
    .from(delivery)
    .where(inArray(delivery.state, [...openDeliveryStates, "parked", "delivered"]))
    .groupBy(delivery.destinationId, delivery.state)
    .all();
  const sum = (of: typeof rows) => of.reduce((total, { n }) => total + n, 0);
  const waits = rows.filter(({ state }) => openDeliveryStates.some((one) => one === state));
  const parked = rows.filter(({ state }) => state === "parked");
  return {
    of: (id: string) => ({
      waiting: sum(waits.filter(({ destinationId }) => destinationId === id)),
      parked: sum(parked.filter(({ destinationId }) => destinationId === id)),
      lastDeliveredAt:
        rows.find(({ destinationId, state }) => destinationId === id && state === "delivered")?.newest ?? null,
    }),
  };
}

/** Every sign-in that is alive at this moment of box time, with its person; the one used last first. */
export const liveSessions = (q: Queries, now: number) =>
  q
    .select({ session, username: user.username, role: user.role })
    .from(session)
    .innerJoin(user, eq(user.id, session.userId))
    .where(and(isNull(session.revokedAt), gt(session.endsAt, now)))
    .orderBy(desc(session.lastUsedAt))
    .all();
