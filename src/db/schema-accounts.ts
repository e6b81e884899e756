import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Role } from "../contract/permissions.ts";

/** Who may sign in, and as whom they are signed in. Times are milliseconds since 1970 UTC, or box time where it says so. */

export const user = sqliteTable("user", {
  id: text().primaryKey(),
  username: text().notNull().unique(),
  passwordHash: text("password_hash").notNull(),
  role: text().$type<Role>().notNull(),
  createdAt: integer("created_at").notNull(),
  disabledAt: integer("disabled_at"),
  /** The second factor's secret, sealed (auth/sealing.ts); null: there is none. */
  totpSecret: text("totp_secret"),
  /** One that was shown and not yet confirmed, sealed. */
  totpPending: text("totp_pending"),
  /** The last time step (RFC 6238 4.2) of which a code was taken; none at or before it is taken again. */
  totpLastStep: integer("totp_last_step"),
});

/** What signs in once where the authenticator is lost. */
export const recoveryCode = sqliteTable(
  "recovery_code",
  {
    /** Keyed, hex. */
    hash: text().primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
  },
  (table) => [index("recovery_code_by_user").on(table.userId)],
);

/** The one code that makes the first administrator. */
export const setupCode = sqliteTable("setup_code", {
  id: integer().primaryKey(),
  /** SHA-256, hex. */
  hash: text().notNull(),
  /** Box time. */
  endsAt: integer("ends_at").notNull(),
});

/** Wrong guesses, by what they were made on and from. Times are box time. */
export const signInCount = sqliteTable(
  "sign_in_count",
  {
    /** Keyed hash: neither names nor addresses stand here. */
    key: text().primaryKey(),
    count: integer().notNull(),
    blockedUntil: integer("blocked_until").notNull(),
    forgetAt: integer("forget_at").notNull(),
  },
  (table) => [index("sign_in_count_by_end").on(table.forgetAt)],
);

/** One sign-in of one browser or program; access tokens carry its id and die with it. */
export const session = sqliteTable(
  "session",
  {
    id: text().primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    createdAt: integer("created_at").notNull(),
    lastUsedAt: integer("last_used_at").notNull(),
    /** Box time; auth.session_hours after the sign-in, whatever is used meanwhile. */
    endsAt: integer("ends_at").notNull(),
    revokedAt: integer("revoked_at"),
  },
  (table) => [index("session_by_user").on(table.userId), index("session_by_end").on(table.endsAt)],
);

/** Every refresh token a session has had: a family, of which one is good. The tokens themselves are nowhere. */
export const refreshToken = sqliteTable(
  "refresh_token",
  {
    /** SHA-256, hex. */
    hash: text().primaryKey(),
    sessionId: text("session_id")
      .notNull()
      .references(() => session.id, { onDelete: "cascade" }),
    /** Box time; when it was exchanged for its successor; null: the good one. */
    rotatedAt: integer("rotated_at"),
    /** The successor's hash; null with rotatedAt set: nobody may ever show this one. */
    successor: text(),
  },
  (table) => [index("refresh_token_by_session").on(table.sessionId)],
);
