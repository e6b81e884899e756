import { integer, sqliteTable } from "drizzle-orm/sqlite-core";

/** One row: how long the box has been running, as last saved (core/clock.ts). */
export const boxClock = sqliteTable("box_clock", {
  id: integer().primaryKey(),
  /** Box time. */
  box: integer().notNull(),
  /** What the wall clock showed then. */
  wall: integer().notNull(),
});
