import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Order } from "../contract/invitation.ts";
import { user } from "./schema-accounts.ts";

/** One device that was asked to send one study. Times are milliseconds since 1970 UTC, or box time where it says so. */
export const invitation = sqliteTable(
  "invitation",
  {
    id: text().primaryKey(),
    /** Who invited; the guest's upload is theirs. */
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    /** SHA-256, hex: the code itself is nowhere. */
    codeHash: text("code_hash").notNull().unique(),
    /** (P) a person's own words. */
    label: text(),
    /** Where the study goes; null: routing decides. */
    destinationId: text("destination_id"),
    /** (P) what is known of the order. */
    expected: text({ mode: "json" }).$type<Order>(),
    createdAt: integer("created_at").notNull(),
    /** Box time: until it is used the code's end, then the session's. */
    endsAt: integer("ends_at").notNull(),
    usedAt: integer("used_at"),
    /** Keyed hash of the Idempotency-Key it was used with; null: there was none. */
    usedKey: text("used_key"),
    /** What the guest's token says of its end. */
    tokenEndsAt: integer("token_ends_at"),
    revokedAt: integer("revoked_at"),
    /** The one upload. */
    uploadId: text("upload_id"),
  },
  (table) => [
    index("invitation_by_user").on(table.userId, table.createdAt),
    index("invitation_by_end").on(table.endsAt),
  ],
);
