import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/**
 * Who did what, when, from where, with which result. Rows are only ever added: triggers of the migration refuse all else.
 * Refers to nothing, so that what it tells outlives what it tells of. No patient data.
 */
export const audit = sqliteTable(
  "audit",
  {
    /** 1, 2, 3 …, without a gap. */
    seq: integer().primaryKey(),
    at: integer().notNull(),
    /** Null: the box itself, its command line, or somebody who is nobody here. */
    actorId: text("actor_id"),
    actorName: text("actor_name"),
    address: text(),
    event: text().notNull(),
    uploadId: text("upload_id"),
    /** Keyed hash of the Study Instance UID. */
    study: text(),
    result: text().$type<"success" | "failure">().notNull(),
    /** JSON of allowed fields, as it was hashed. */
    details: text().notNull(),
    /** Hash of the row before; empty in the first one. */
    previous: text().notNull(),
    /** HMAC-SHA-256 over all of the above. */
    hash: text().notNull(),
  },
  (table) => [
    index("audit_by_upload").on(table.uploadId),
    index("audit_by_event").on(table.event),
    index("audit_by_time").on(table.at),
  ],
);

/** (P) The words a person gave for a deed, which may name a patient: outside of the chain, gone after retention.display_hours. */
export const auditReason = sqliteTable("audit_reason", {
  seq: integer().primaryKey(),
  reason: text().notNull(),
  /** Box time. */
  givenAt: integer("given_at").notNull(),
});
