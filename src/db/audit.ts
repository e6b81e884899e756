import { and, asc, desc, eq, gte, lt, lte, max, type SQL, sql } from "drizzle-orm";
import type { Queries, Transaction } from "./database.ts";
import { prepared } from "./prepared.ts";
import { audit, auditReason } from "./schema-audit.ts";

export type AuditRow = typeof audit.$inferSelect;
/** A row with its words, while they are there. */
export type AuditRowWithReason = AuditRow & { readonly reason: string | null };

const newest = prepared((db) =>
  db.select({ seq: audit.seq, hash: audit.hash }).from(audit).orderBy(desc(audit.seq)).limit(1).prepare(),
);
/** Where the chain ends. */
export const auditHead = (db: Queries): { seq: number; hash: string } => newest(db).get() ?? { seq: 0, hash: "" };

const insertion = prepared((db) =>
  db
    .insert(audit)
    .values({
      seq: sql.placeholder("seq"),
      at: sql.placeholder("at"),
      actorId: sql.placeholder("actorId"),
      actorName: sql.placeholder("actorName"),
      address: sql.placeholder("address"),
      event: sql.placeholder("event"),
      uploadId: sql.placeholder("uploadId"),
      study: sql.placeholder("study"),
      result: sql.placeholder("result"),
      details: sql.placeholder("details"),
      previous: sql.placeholder("previous"),
      hash: sql.placeholder("hash"),
    })
    .prepare(),
);
export const insertAudit = (tx: Transaction, row: AuditRow): void => void insertion(tx).run({ ...row });

export const insertAuditReason = (tx: Transaction, row: typeof auditReason.$inferInsert): void =>
  void tx.insert(auditReason).values(row).run();

/** @returns how many went */
export const forgetAuditReasons = (db: Queries, givenBefore: number): number =>
  db.delete(auditReason).where(lt(auditReason.givenAt, givenBefore)).returning({ seq: auditReason.seq }).all().length;

const pageAfter = prepared((db) =>
  db
    .select()
    .from(audit)
    .where(and(sql`${audit.seq} > ${sql.placeholder("after")}`, lte(audit.seq, sql.placeholder("upTo"))))
    .orderBy(asc(audit.seq))
    .limit(sql.placeholder("limit"))
    .prepare(),
);
/** Rows in the order of the chain. */
export const auditAfter = (db: Queries, after: number, upTo: number, limit: number): AuditRow[] =>
  pageAfter(db).all({ after, upTo, limit });

/** The row before the first one of that time or later; 0: from the beginning. */
export const auditBefore = (db: Queries, since: number): number =>
  (db
    .select({ seq: sql<number | null>`min(${audit.seq})` })
    .from(audit)
    .where(gte(audit.at, since))
    .get()?.seq ??
    (db
      .select({ seq: max(audit.seq) })
      .from(audit)
      .get()?.seq ?? 0) + 1) - 1;

export interface AuditFilter {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** A name or an id. */
  readonly actor?: string | undefined;
  readonly event?: string | undefined;
  readonly uploadId?: string | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Newest first. */
export function listAudit(db: Queries, { from, to, actor, event, uploadId, before, limit }: AuditFilter) {
  const wanted: (SQL | undefined)[] = [
    from === undefined ? undefined : gte(audit.at, from),
    to === undefined ? undefined : lte(audit.at, to),
    actor === undefined ? undefined : sql`(${audit.actorName} = ${actor} OR ${audit.actorId} = ${actor})`,
    event === undefined ? undefined : eq(audit.event, event),
    uploadId === undefined ? undefined : eq(audit.uploadId, uploadId),
    before === undefined ? undefined : lt(audit.seq, before),
  ];
  return db
    .select({ row: audit, reason: auditReason.reason })
    .from(audit)
    .leftJoin(auditReason, eq(auditReason.seq, audit.seq))
    .where(and(...wanted))
    .orderBy(desc(audit.seq))
    .limit(limit)
    .all()
    .map(({ row, reason }): AuditRowWithReason => ({ ...row, reason }));
}
