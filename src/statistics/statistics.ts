import { isTerminal } from "../contract/states.ts";
import type { Statistics } from "../contract/statistics.ts";
import type { Queries } from "../db/database.ts";
import { firstUploadAt, spanFigures } from "../db/statistics.ts";
import { added, type Buckets, bucketsOf, spreadOf } from "./spread.ts";

/** One day, in the box's time zone, as it is kept. */
interface Day {
  readonly date: string;
  readonly states: ReadonlyMap<string, number>;
  readonly bytes: number;
  readonly studies: number;
  readonly modalities: ReadonlyMap<string, number>;
  readonly throughput: Buckets;
  /** By service level. */
  readonly archive: ReadonlyMap<string, Buckets>;
  readonly destinations: ReadonlyMap<string, DestinationDay>;
}
interface DestinationDay {
  readonly deliveries: number;
  readonly delivered: number;
  readonly parked: number;
  readonly retries: number;
  readonly archive: Buckets;
}

const dayMs = 86_400_000;
/** The longest span that is told at once. */
export const longestDays = 1100;
/** What people ended themselves says nothing of the box. */
const ended = new Set(["delivered", "partial", "failed"]);

/** Midnight of a time's day, of which `Date` knows the zone. */
const dayStart = (at: number) => new Date(at).setHours(0, 0, 0, 0);
const nextDay = (start: number) => dayStart(start + 1.5 * dayMs); // days of 23 and 25 hours
const dateOf = (start: number) => {
  const date = new Date(start);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((it) => String(it).padStart(2, "0")).join("-");
};

/**
 * Statistics by day. A past day of which everything is over cannot change any more, so it is read once and kept: 100 000 studies of a
 * quarter are ninety small sums, not a table to be read again for each look.
 */
export function createStatistics({ db, site }: { readonly db: Queries; readonly site: () => string }) {
  const kept = new Map<number, Day>();

  const day = (start: number, now: number): Day => {
    const known = kept.get(start);
    if (known) return known;
    const made = dayOf(db, start);
    const over = [...made.states.keys()].every((state) => isTerminal(state as Parameters<typeof isTerminal>[0]));
    if (over && nextDay(start) <= now) kept.set(start, made);
    return made;
  };

  return {
    /** Lets other work have its turn after each day. @param from @param to milliseconds since 1970, both days taken whole */
    async between(from: number, to: number, now = Date.now()): Promise<Statistics> {
      const first = Math.max(dayStart(from), dayStart(firstUploadAt(db) ?? now));
      const days: Day[] = [];
      for (let start = first; start <= Math.min(to, now) && days.length < longestDays; start = nextDay(start)) {
        if (!kept.has(start)) await new Promise((resolve) => setImmediate(resolve));
        days.push(day(start, now));
      }
      return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), site: site(), ...summed(days) };
    },
  };
}
export type StatisticsOf = ReturnType<typeof createStatistics>;

function dayOf(db: Queries, start: number): Day {
  const figures = spanFigures(db, start, nextDay(start));
  const by = <K>(key: (it: (typeof figures.deliveries)[number]) => K) => Map.groupBy(figures.deliveries, key);
  const archiveOf = (rows: typeof figures.deliveries) =>
    bucketsOf(rows.flatMap(({ archivedAfter }) => archivedAfter ?? []));
  const counted = (rows: typeof figures.deliveries, state: string) => rows.filter((it) => it.state === state).length;
  return {
    date: dateOf(start),
    states: new Map(figures.states.map(({ state, count }) => [state, count])),
    bytes: figures.states.reduce((sum, { bytes }) => sum + bytes, 0),
    studies: figures.studies,
    modalities: new Map(figures.modalities.map(({ modality, studies }) => [modality, studies])),
    throughput: bucketsOf(figures.throughput),
    archive: new Map([...by(({ serviceLevel }) => serviceLevel)].map(([level, rows]) => [level, archiveOf(rows)])),
    destinations: new Map(
      [...by(({ destinationId }) => destinationId)].map(([id, rows]) => [
        id,
        {
          deliveries: rows.length,
          delivered: counted(rows, "delivered"),
          parked: counted(rows, "parked"),
          retries: rows.reduce((sum, { attempts }) => sum + Math.max(0, attempts - 1), 0),
          archive: archiveOf(rows),
        },
      ]),
    ),
  };
}

function summed(days: readonly Day[]): Omit<Statistics, "from" | "to" | "site"> {
  const total = (of: (it: Day) => number) => days.reduce((sum, it) => sum + of(it), 0);
  const tally = (of: (it: Day) => ReadonlyMap<string, number>) => {
    const all = new Map<string, number>();
    for (const it of days) for (const [key, count] of of(it)) all.set(key, (all.get(key) ?? 0) + count);
    return all;
  };
  const uploads = (it: Day) => [...it.states.values()].reduce((sum, count) => sum + count, 0);
  const states = tally(({ states }) => states);
  const over = [...states].reduce((sum, [state, count]) => sum + (ended.has(state) ? count : 0), 0);
  const levels = new Set(days.flatMap(({ archive }) => [...archive.keys()]));
  const ids = [...new Set(days.flatMap(({ destinations }) => [...destinations.keys()]))].sort();
  return {
    uploads: total(uploads),
    studies: total(({ studies }) => studies),
    bytes: total(({ bytes }) => bytes),
    states: Object.fromEntries(states),
    success_rate: over === 0 ? null : (states.get("delivered") ?? 0) / over,
    modalities: [...tally(({ modalities }) => modalities)]
      .map(([modality, studies]) => ({ modality, studies }))
      .sort((a, b) => b.studies - a.studies || a.modality.localeCompare(b.modality, "en")),
    time_to_archive: Object.fromEntries(
      [...levels].map((level) => [level, spreadOf(added(days.flatMap(({ archive }) => archive.get(level) ?? [])))]),
    ),
    throughput: spreadOf(added(days.map(({ throughput }) => throughput))),
    destinations: ids.map((id) => {
      const parts = days.flatMap(({ destinations }) => destinations.get(id) ?? []);
      const of = (what: "deliveries" | "delivered" | "parked" | "retries") =>
        parts.reduce((sum, it) => sum + it[what], 0);
      return {
        destination_id: id,
        deliveries: of("deliveries"),
        delivered: of("delivered"),
        parked: of("parked"),
        retries: of("retries"),
        time_to_archive: spreadOf(added(parts.map(({ archive }) => archive))),
      };
    }),
    days: days.map((it) => ({
      date: it.date,
      uploads: uploads(it),
      studies: it.studies,
      bytes: it.bytes,
      delivered: it.states.get("delivered") ?? 0,
    })),
  };
}
