import { eq } from "drizzle-orm";
import { type Moment, saveClockMs } from "../core/clock.ts";
import type { Queries } from "./database.ts";
import { boxClock } from "./schema-clock.ts";

const only = eq(boxClock.id, 1);

/** What was saved last; the migration made the row. */
export function savedMoment(q: Queries): Moment {
  const row = q.select().from(boxClock).where(only).get();
  if (!row) throw new Error("the box's clock is gone");
  return row;
}

/** Saves how long the box has been running, where that is due; at its end, always. */
export function saveMoment(q: Queries, now: Moment, options: { always?: boolean } = {}): void {
  const { box } = savedMoment(q);
  if (options.always || now.box - box >= saveClockMs) q.update(boxClock).set(now).where(only).run();
}
