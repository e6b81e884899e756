import { and, eq, gt } from "drizzle-orm";
import type { Queries } from "./database.ts";
import { setupCode, user } from "./schema-accounts.ts";

const only = 1;

/** Disabled or not: a box that was set up once is never set up again. */
export const hasAdmin = (db: Queries): boolean =>
  db.select({ id: user.id }).from(user).where(eq(user.role, "admin")).limit(1).get() !== undefined;

/** The code of before is void. @param endsAt box time */
export const saveSetupCode = (db: Queries, hash: string, endsAt: number): void => {
  db.insert(setupCode)
    .values({ id: only, hash, endsAt })
    .onConflictDoUpdate({ target: setupCode.id, set: { hash, endsAt } })
    .run();
};
const good = (hash: string, now: number) => and(eq(setupCode.hash, hash), gt(setupCode.endsAt, now));
/** @param now box time */
export const isSetupCode = (db: Queries, hash: string, now: number): boolean =>
  db.select({ id: setupCode.id }).from(setupCode).where(good(hash, now)).get() !== undefined;
/** Uses the code up. @returns whether it was the one, and in time */
export const takeSetupCode = (db: Queries, hash: string, now: number): boolean =>
  db.delete(setupCode).where(good(hash, now)).returning({ id: setupCode.id }).all().length === 1;
