import { eq } from "drizzle-orm";
import type { Queries } from "./database.ts";
import { destinationPause } from "./schema-destinations.ts";

/** Since when nothing is sent to a destination, milliseconds since 1970; null: it is not paused. */
export const pausedSince = (q: Queries, destinationId: string): number | null =>
  q
    .select({ since: destinationPause.since })
    .from(destinationPause)
    .where(eq(destinationPause.destinationId, destinationId))
    .get()?.since ?? null;

/** A pause that stands already keeps its beginning. */
export const pauseDestination = (q: Queries, destinationId: string, since: number): void => {
  q.insert(destinationPause).values({ destinationId, since }).onConflictDoNothing().run();
};
export const resumeDestination = (q: Queries, destinationId: string): void => {
  q.delete(destinationPause).where(eq(destinationPause.destinationId, destinationId)).run();
};
