import { eq, lte } from "drizzle-orm";
import type { Queries } from "./database.ts";
import { signInCount } from "./schema-accounts.ts";

export type SignInCount = typeof signInCount.$inferSelect;

/** What is remembered under a key at this moment of box time. */
export function findCount(db: Queries, key: string, now: number): SignInCount | undefined {
  const row = db.select().from(signInCount).where(eq(signInCount.key, key)).get();
  return row && row.forgetAt > now ? row : undefined;
}
export const saveCount = (db: Queries, row: SignInCount): void => {
  const { key: _key, ...set } = row;
  db.insert(signInCount).values(row).onConflictDoUpdate({ target: signInCount.key, set }).run();
};
export const forgetCount = (db: Queries, key: string): void => {
  db.delete(signInCount).where(eq(signInCount.key, key)).run();
};
/** @param now box time */
export const forgetOldCounts = (db: Queries, now: number): void => {
  db.delete(signInCount).where(lte(signInCount.forgetAt, now)).run();
};
