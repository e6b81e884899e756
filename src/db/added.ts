import { and, asc, count, eq, gt, inArray, isNull, max, sql } from "drizzle-orm";
import { openDeliveryStates } from "../contract/states.ts";
import type { Queries } from "./database.ts";
import { delivery, upload } from "./schema.ts";
import { addedDestination, addedRoute } from "./schema-destinations.ts";
import { invitation } from "./schema-invitations.ts";

/** Destinations and rules that were added beside those of the configuration file. */
export type AddedDestinationRow = typeof addedDestination.$inferSelect;
export type AddedRouteRow = typeof addedRoute.$inferSelect;

/** In the order in which they were added. */
export const addedDestinations = (q: Queries): AddedDestinationRow[] =>
  q.select().from(addedDestination).orderBy(asc(sql`rowid`)).all();
export const insertAddedDestination = (q: Queries, row: AddedDestinationRow): void => {
  q.insert(addedDestination).values(row).run();
};
export const updateAddedDestination = (q: Queries, id: string, values: Partial<AddedDestinationRow>): void => {
  q.update(addedDestination).set(values).where(eq(addedDestination.id, id)).run();
};
export const deleteAddedDestination = (q: Queries, id: string): void => {
  q.delete(addedDestination).where(eq(addedDestination.id, id)).run();
};

export const addedRoutes = (q: Queries): AddedRouteRow[] =>
  q.select().from(addedRoute).orderBy(asc(addedRoute.position)).all();
export const nextRoutePosition = (q: Queries): number =>
  (q
    .select({ last: max(addedRoute.position) })
    .from(addedRoute)
    .get()?.last ?? 0) + 1;
export const insertAddedRoute = (q: Queries, row: AddedRouteRow): void => {
  q.insert(addedRoute).values(row).run();
};
export const updateAddedRoute = (q: Queries, id: string, values: Partial<AddedRouteRow>): void => {
  q.update(addedRoute).set(values).where(eq(addedRoute.id, id)).run();
};
export const deleteAddedRoute = (q: Queries, id: string): void => {
  q.delete(addedRoute).where(eq(addedRoute.id, id)).run();
};

/** What would still ask for a destination that is gone. `now` in box time. */
export function askingFor(q: Queries, id: string, now: number) {
  const open = [...openDeliveryStates, "parked" as const];
  const deliveries = q
    .select({ n: count() })
    .from(delivery)
    .where(and(eq(delivery.destinationId, id), inArray(delivery.state, open)));
  const asksForIt = sql`exists (select 1 from json_each(${upload.destinationIds}) where value = ${id})`;
  const uploads = q
    .select({ n: count() })
    .from(upload)
    .where(and(inArray(upload.state, ["receiving", "processing", "needs_confirmation"]), asksForIt));
  const invitations = q
    .select({ n: count() })
    .from(invitation)
    .where(
      and(
        eq(invitation.destinationId, id),
        gt(invitation.endsAt, now),
        isNull(invitation.revokedAt),
        isNull(invitation.uploadId),
      ),
    );
  return {
    deliveries: deliveries.get()?.n ?? 0,
    uploads: uploads.get()?.n ?? 0,
    invitations: invitations.get()?.n ?? 0,
  };
}
