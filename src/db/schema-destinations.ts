import { sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What stood behind a destination's id when it confirmed something: another address under the same id confirmed nothing. */
export const destinationTarget = sqliteTable("destination_target", {
  destinationId: text("destination_id").primaryKey(),
  target: text().notNull(), // hash of kind and address
  capability: text({ mode: "json" }).$type<Record<string, unknown>>(), // as learnt there (destinations/capability.ts)
});
