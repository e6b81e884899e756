import { and, eq, isNull, lt, or } from "drizzle-orm";
import type { Queries } from "./database.ts";
import { recoveryCode, user } from "./schema-accounts.ts";

/** Takes a time step for good. @returns whether it was later than every one before: of two at once one wins (T7) */
export const takeStep = (db: Queries, userId: string, step: number): boolean =>
  db
    .update(user)
    .set({ totpLastStep: step })
    .where(and(eq(user.id, userId), or(isNull(user.totpLastStep), lt(user.totpLastStep, step))))
    .returning({ id: user.id })
    .all().length === 1;

/** Uses a recovery code up. @returns whether there was one */
export const takeRecoveryCode = (db: Queries, userId: string, hash: string): boolean =>
  db
    .delete(recoveryCode)
    .where(and(eq(recoveryCode.hash, hash), eq(recoveryCode.userId, userId)))
    .returning({ hash: recoveryCode.hash })
    .all().length === 1;

/** The codes of before are void. */
export const replaceRecoveryCodes = (db: Queries, userId: string, hashes: readonly string[]): void => {
  db.delete(recoveryCode).where(eq(recoveryCode.userId, userId)).run();
  if (hashes.length > 0)
    db.insert(recoveryCode)
      .values(hashes.map((hash) => ({ hash, userId })))
      .run();
};
