import { and, desc, eq, gt, inArray, isNull, lt, notInArray, sql } from "drizzle-orm";
import type { Queries } from "./database.ts";
import { prepared } from "./prepared.ts";
import { upload } from "./schema.ts";
import { invitation } from "./schema-invitations.ts";

export type InvitationRow = typeof invitation.$inferSelect;

export const insertInvitation = (db: Queries, row: typeof invitation.$inferInsert): void => {
  db.insert(invitation).values(row).run();
};
const byId = prepared((db) =>
  db
    .select()
    .from(invitation)
    .where(eq(invitation.id, sql.placeholder("id")))
    .prepare(),
);
export const findInvitation = (db: Queries, id: string): InvitationRow | undefined => byId(db).get({ id });
/** What the QR session of an upload was opened for; null: nothing is known of it, or there was none. */
export const orderOf = (db: Queries, { invitationId }: { invitationId: string | null }): InvitationRow["expected"] =>
  (invitationId === null ? null : findInvitation(db, invitationId)?.expected) ?? null;
export const findInvitationByCode = (db: Queries, codeHash: string): InvitationRow | undefined =>
  db.select().from(invitation).where(eq(invitation.codeHash, codeHash)).get();

/** The newest first. @param userId of one person; undefined: of all */
export const listInvitations = (db: Queries, userId: string | undefined, limit: number): InvitationRow[] =>
  db
    .select()
    .from(invitation)
    .where(userId === undefined ? undefined : eq(invitation.userId, userId))
    .orderBy(desc(invitation.createdAt), desc(invitation.id))
    .limit(limit)
    .all();

/**
 * Uses a code up: of any number at once one gets the row (T8).
 * @param now box time
 */
export const useInvitation = (
  db: Queries,
  codeHash: string,
  now: number,
  used: Pick<InvitationRow, "usedAt" | "usedKey" | "endsAt" | "tokenEndsAt">,
): InvitationRow | undefined =>
  db
    .update(invitation)
    .set(used)
    .where(
      and(
        eq(invitation.codeHash, codeHash),
        isNull(invitation.usedAt),
        isNull(invitation.revokedAt),
        gt(invitation.endsAt, now),
      ),
    )
    .returning()
    .get();

/** Makes an upload the one of an invitation. @returns false where it has one already, or was stopped */
export const claimInvitation = (db: Queries, id: string, uploadId: string): boolean =>
  db
    .update(invitation)
    .set({ uploadId })
    .where(and(eq(invitation.id, id), isNull(invitation.uploadId), isNull(invitation.revokedAt)))
    .returning({ id: invitation.id })
    .get() !== undefined;

/** @returns false where it was stopped before */
export const revokeInvitation = (db: Queries, id: string, now: { wall: number; box: number }): boolean =>
  db
    .update(invitation)
    .set({ revokedAt: now.wall, endsAt: sql`min(${invitation.endsAt}, ${now.box})` })
    .where(and(eq(invitation.id, id), isNull(invitation.revokedAt)))
    .returning({ id: invitation.id })
    .get() !== undefined;

/**
 * Removes what ended before this moment of box time, unless its upload still shows patient data: until then its order counts.
 * @returns how many went
 */
export function forgetInvitations(db: Queries, before: number): number {
  const shown = db
    .select({ id: sql<string>`${upload.invitationId}` })
    .from(upload)
    .where(and(isNull(upload.blankedAt), sql`${upload.invitationId} IS NOT NULL`));
  const over = db
    .select({ id: invitation.id })
    .from(invitation)
    .where(and(lt(invitation.endsAt, before), notInArray(invitation.id, shown)));
  return db.delete(invitation).where(inArray(invitation.id, over)).returning({ id: invitation.id }).all().length;
}
