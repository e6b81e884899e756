import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { RouteSettings } from "../contract/admin.ts";

/** What stood behind a destination's id when it confirmed something: another address under the same id confirmed nothing. */
export const destinationTarget = sqliteTable("destination_target", {
  destinationId: text("destination_id").primaryKey(),
  target: text().notNull(), // hash of kind and address
  capability: text({ mode: "json" }).$type<Record<string, unknown>>(), // as learnt there (destinations/capability.ts)
});

/** Who put something there and who changed it last; milliseconds since 1970, user names. */
const deeds = {
  createdAt: integer("created_at").notNull(),
  createdBy: text("created_by").notNull(),
  changedAt: integer("changed_at").notNull(),
  changedBy: text("changed_by").notNull(),
};

/** Destinations beside those of the configuration file, as that would have them. */
export const addedDestination = sqliteTable("added_destination", {
  id: text().primaryKey(),
  kind: text().notNull(),
  /** Without id, kind and secrets. */
  settings: text({ mode: "json" }).$type<Record<string, unknown>>().notNull(),
  /** Sealed (auth/sealing.ts), by their place: `auth.password`. */
  secrets: text({ mode: "json" }).$type<Record<string, string>>().notNull(),
  ...deeds,
});

/** Rules behind those of the configuration file. */
export const addedRoute = sqliteTable("added_route", {
  id: text().primaryKey(),
  /** Their order; not unique, so that they can change places. */
  position: integer().notNull(),
  settings: text({ mode: "json" }).$type<RouteSettings>().notNull(),
  ...deeds,
});

/** Destinations to which nothing is sent because an administrator said so. */
export const destinationPause = sqliteTable("destination_pause", {
  destinationId: text("destination_id").primaryKey(),
  since: integer().notNull(),
});
