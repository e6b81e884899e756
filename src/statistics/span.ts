import type { Network } from "../contract/statistics.ts";
import type { Queries } from "../db/database.ts";
import { type SpanFigures, spanFigures } from "../db/statistics.ts";
import { added, type Buckets, bucketsOf, spreadOf } from "./spread.ts";

/** What is kept of a span of time, to be added to that of another. */
export interface Span {
  readonly states: ReadonlyMap<string, number>;
  readonly bytes: number;
  readonly studies: number;
  readonly modalities: ReadonlyMap<string, number>;
  readonly throughput: Buckets;
  readonly lines: Lines;
  /** By service level. */
  readonly archive: ReadonlyMap<string, Buckets>;
  readonly destinations: ReadonlyMap<string, DestinationSpan>;
}
interface DestinationSpan {
  readonly deliveries: number;
  readonly delivered: number;
  readonly parked: number;
  /** Ended or stuck, and not by people. */
  readonly judged: number;
  readonly retries: number;
  readonly archive: Buckets;
}
interface Lines {
  readonly uploads: number;
  readonly stalls: number;
  readonly breaks: number;
  readonly troubled: number;
  readonly bytesPerSecond: Buckets;
}

/** What people ended themselves says nothing of the box. */
const judgedUploads = new Set(["delivered", "partial", "failed"]);
const judgedDeliveries = new Set(["delivered", "partial", "parked"]);

export function spanOf(db: Queries, from: number, to: number): Span {
  const figures = spanFigures(db, from, to);
  const by = <K>(key: (it: (typeof figures.deliveries)[number]) => K) => Map.groupBy(figures.deliveries, key);
  const archiveOf = (rows: typeof figures.deliveries) =>
    bucketsOf(rows.flatMap(({ archivedAfter }) => archivedAfter ?? []));
  const counted = (rows: typeof figures.deliveries, state: string) => rows.filter((it) => it.state === state).length;
  return {
    states: new Map(figures.states.map(({ state, count }) => [state, count])),
    bytes: figures.states.reduce((sum, { bytes }) => sum + bytes, 0),
    studies: figures.studies,
    modalities: new Map(figures.modalities.map(({ modality, studies }) => [modality, studies])),
    throughput: bucketsOf(figures.throughput),
    lines: linesOf(figures.lines),
    archive: new Map([...by(({ serviceLevel }) => serviceLevel)].map(([level, rows]) => [level, archiveOf(rows)])),
    destinations: new Map(
      [...by(({ destinationId }) => destinationId)].map(([id, rows]) => [
        id,
        {
          deliveries: rows.length,
          delivered: counted(rows, "delivered"),
          parked: counted(rows, "parked"),
          judged: rows.filter(({ state }) => judgedDeliveries.has(state)).length,
          retries: rows.reduce((sum, { attempts }) => sum + Math.max(0, attempts - 1), 0),
          archive: archiveOf(rows),
        },
      ]),
    ),
  };
}

const linesOf = (lines: SpanFigures["lines"]): Lines => ({
  uploads: lines.length,
  stalls: lines.reduce((sum, { stalls }) => sum + stalls, 0),
  breaks: lines.reduce((sum, { breaks }) => sum + breaks, 0),
  troubled: lines.filter(({ stalls, breaks }) => stalls + breaks > 0).length,
  bytesPerSecond: bucketsOf(lines.flatMap(({ bytesPerSecond }) => bytesPerSecond ?? [])),
});

export const uploadsIn = ({ states }: Span): number => [...states.values()].reduce((sum, count) => sum + count, 0);

/** Of the uploads that are over and were not given up by people: the share that was delivered whole. */
export function successRate(states: ReadonlyMap<string, number>): number | null {
  const over = [...states].reduce((sum, [state, count]) => sum + (judgedUploads.has(state) ? count : 0), 0);
  return over === 0 ? null : (states.get("delivered") ?? 0) / over;
}

export const failedIn = (states: ReadonlyMap<string, number>): number =>
  (states.get("failed") ?? 0) + (states.get("partial") ?? 0);

/** Of every service level together. */
export const archiveOf = (spans: readonly Span[]) =>
  spreadOf(added(spans.flatMap(({ archive }) => [...archive.values()])));

export function networkOf(spans: readonly Span[]): Network {
  const total = (of: (it: Lines) => number) => spans.reduce((sum, { lines }) => sum + of(lines), 0);
  return {
    uploads: total(({ uploads }) => uploads),
    bytes_per_second: spreadOf(added(spans.map(({ lines }) => lines.bytesPerSecond))),
    stalls: total(({ stalls }) => stalls),
    breaks: total(({ breaks }) => breaks),
    troubled: total(({ troubled }) => troubled),
  };
}
