import { and, eq } from "drizzle-orm";
import type { Queries } from "./database.ts";
import { destinationTarget } from "./schema-destinations.ts";

/** What was learnt of the destination at this place, as JSON; null where nothing was, or it lay elsewhere. */
export const capabilityAt = (q: Queries, destinationId: string, target: string): Record<string, unknown> | null =>
  q
    .select({ capability: destinationTarget.capability })
    .from(destinationTarget)
    .where(and(eq(destinationTarget.destinationId, destinationId), eq(destinationTarget.target, target)))
    .get()?.capability ?? null;

/** Keeps it; nothing where the id stands for another place by now: what it confirmed there is to be forgotten first. */
export const keepCapability = (
  q: Queries,
  destinationId: string,
  target: string,
  capability: Record<string, unknown>,
): void => {
  q.insert(destinationTarget)
    .values({ destinationId, target, capability })
    .onConflictDoUpdate({
      target: destinationTarget.destinationId,
      set: { capability },
      setWhere: eq(destinationTarget.target, target),
    })
    .run();
};
