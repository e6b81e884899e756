import { and, count, eq, gte, lt, sql } from "drizzle-orm";
import type { UploadState } from "../contract/states.ts";
import { sinceComplete } from "./archive-times.ts";
import type { Queries } from "./database.ts";
import { delivery, study, upload } from "./schema.ts";

/** What the uploads opened in a span of time came to. Times in milliseconds since 1970. */
export interface SpanFigures {
  readonly states: readonly { readonly state: UploadState; readonly count: number; readonly bytes: number }[];
  /** Bytes a second of each upload that was completed. */
  readonly throughput: readonly number[];
  /** What the devices told of their lines; those that told nothing are left out. */
  readonly lines: readonly {
    readonly bytesPerSecond: number | null;
    readonly stalls: number;
    readonly breaks: number;
  }[];
  readonly modalities: readonly { readonly modality: string; readonly studies: number }[];
  readonly studies: number;
  readonly deliveries: readonly {
    readonly destinationId: string;
    readonly state: string;
    readonly serviceLevel: "routine" | "stat";
    readonly attempts: number;
    /** Seconds from the upload's last byte to its confirmation; null where it is not delivered. */
    readonly archivedAfter: number | null;
  }[];
}

/** Reads every row of the span once: a day of a busy box takes a millisecond or two. */
export function spanFigures(db: Queries, from: number, to: number): SpanFigures {
  const within = and(gte(upload.createdAt, from), lt(upload.createdAt, to));
  const rows = db
    .select({
      state: upload.state,
      bytes: upload.receivedBytes,
      createdAt: upload.createdAt,
      completedAt: upload.completedAt,
      bytesPerSecond: upload.lineBytesPerSecond,
      stalls: upload.lineStalls,
      breaks: upload.lineBreaks,
    })
    .from(upload)
    .where(within)
    .all();
  const states = new Map<UploadState, { count: number; bytes: number }>();
  for (const { state, bytes } of rows) {
    const at = states.get(state) ?? { count: 0, bytes: 0 };
    states.set(state, { count: at.count + 1, bytes: at.bytes + bytes });
  }
  const modality = sql<string>`one.value`;
  return {
    states: [...states].map(([state, it]) => ({ state, ...it })),
    throughput: rows.flatMap(({ bytes, createdAt, completedAt }) =>
      completedAt !== null && completedAt > createdAt && bytes > 0 ? [(bytes * 1000) / (completedAt - createdAt)] : [],
    ),
    lines: rows.flatMap(({ bytesPerSecond, stalls, breaks }) =>
      stalls === null ? [] : [{ bytesPerSecond, stalls, breaks: breaks ?? 0 }],
    ),
    modalities: db
      .select({ modality, studies: count() })
      .from(upload)
      .innerJoin(study, eq(study.uploadId, upload.id))
      .innerJoin(sql`json_each(${study.modalities}) AS one`, sql`1`)
      .where(within)
      .groupBy(modality)
      .all(),
    studies:
      db.select({ n: count() }).from(upload).innerJoin(study, eq(study.uploadId, upload.id)).where(within).get()?.n ??
      0,
    deliveries: db
      .select({
        destinationId: delivery.destinationId,
        state: delivery.state,
        serviceLevel: study.serviceLevel,
        attempts: delivery.attempts,
        ms: sinceComplete,
      })
      .from(upload)
      .innerJoin(delivery, eq(delivery.uploadId, upload.id))
      .innerJoin(study, eq(study.id, delivery.studyId))
      .where(within)
      .all()
      .map(({ ms, ...it }) => ({ ...it, archivedAfter: it.state === "delivered" ? ms / 1000 : null })),
  };
}

/** Counts the uploads opened in a span, by the index alone: it is asked for each of a thousand spans. */
export function uploadCounter(db: Queries): (from: number, to: number) => number {
  const within = and(gte(upload.createdAt, sql.placeholder("from")), lt(upload.createdAt, sql.placeholder("to")));
  const counted = db.select({ n: count() }).from(upload).where(within).prepare();
  return (from, to) => counted.get({ from, to })?.n ?? 0;
}

/** When the oldest upload was opened; undefined where there is none. */
export const firstUploadAt = (db: Queries): number | undefined =>
  db.select({ at: upload.createdAt }).from(upload).orderBy(upload.createdAt).limit(1).get()?.at;
