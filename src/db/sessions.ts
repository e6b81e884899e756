import { and, desc, eq, gt, isNull, lt, ne } from "drizzle-orm";
import type { Queries } from "./database.ts";
import { refreshToken, session } from "./schema-accounts.ts";

export type SessionRow = typeof session.$inferSelect;
export type RefreshTokenRow = typeof refreshToken.$inferSelect;

export const insertSession = (db: Queries, row: typeof session.$inferInsert): void => {
  db.insert(session).values(row).run();
};
export const insertRefreshToken = (db: Queries, hash: string, sessionId: string): void => {
  db.insert(refreshToken).values({ hash, sessionId }).onConflictDoNothing().run();
};
export const findRefreshToken = (db: Queries, hash: string): RefreshTokenRow | undefined =>
  db.select().from(refreshToken).where(eq(refreshToken.hash, hash)).get();
export const updateRefreshToken = (db: Queries, hash: string, values: Partial<RefreshTokenRow>): void => {
  db.update(refreshToken).set(values).where(eq(refreshToken.hash, hash)).run();
};

/** @param now box time */
const alive = (now: number) => and(isNull(session.revokedAt), gt(session.endsAt, now));

/** The session, if it has neither ended nor been revoked at this moment of box time. */
export const findLiveSession = (db: Queries, id: string, now: number): SessionRow | undefined =>
  db
    .select()
    .from(session)
    .where(and(eq(session.id, id), alive(now)))
    .get();
export const findSession = (db: Queries, id: string): SessionRow | undefined =>
  db.select().from(session).where(eq(session.id, id)).get();
/** A person's live sessions at this moment of box time, the one used last first. */
export const liveSessionsOf = (db: Queries, userId: string, now: number): SessionRow[] =>
  db
    .select()
    .from(session)
    .where(and(eq(session.userId, userId), alive(now)))
    .orderBy(desc(session.lastUsedAt))
    .all();
export const touchSession = (db: Queries, id: string, now: number): void => {
  db.update(session).set({ lastUsedAt: now }).where(eq(session.id, id)).run();
};
export const revokeSession = (db: Queries, id: string, now: number): void => {
  db.update(session)
    .set({ revokedAt: now })
    .where(and(eq(session.id, id), isNull(session.revokedAt)))
    .run();
};
/** All of a person's sessions, or all but one. */
export const revokeSessionsOf = (db: Queries, userId: string, now: number, but = ""): void => {
  db.update(session)
    .set({ revokedAt: now })
    .where(and(eq(session.userId, userId), ne(session.id, but), isNull(session.revokedAt)))
    .run();
};
/** With their tokens, by box time: what has ended can be neither used nor reused. */
export const forgetSessionsEndedBefore = (db: Queries, before: number): void => {
  db.delete(session).where(lt(session.endsAt, before)).run();
};
