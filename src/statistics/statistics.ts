import { isTerminal, type UploadState } from "../contract/states.ts";
import type { Statistics } from "../contract/statistics.ts";
import type { Queries } from "../db/database.ts";
import { firstUploadAt, uploadCounter } from "../db/statistics.ts";
import { archiveOf, failedIn, networkOf, type Span, spanOf, successRate, uploadsIn } from "./span.ts";
import { added, spreadOf } from "./spread.ts";

/** How the time between is divided. */
export const units = ["day", "hour"] as const;
export type Unit = (typeof units)[number];

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** The most that is told at once. */
const mostSteps = 1100;

/** Midnight of a time's day, or the beginning of its hour, of which `Date` knows the zone. */
const dayStart = (at: number) => new Date(at).setHours(0, 0, 0, 0);
const startOf: Readonly<Record<Unit, (at: number) => number>> = {
  day: dayStart,
  hour: (at) => new Date(at).setMinutes(0, 0, 0),
};
const nextOf: Readonly<Record<Unit, (start: number) => number>> = {
  day: (start) => dayStart(start + 1.5 * dayMs), // days of 23 and 25 hours
  hour: (start) => start + hourMs,
};
const dateOf = (start: number) => {
  const date = new Date(start);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((it) => String(it).padStart(2, "0")).join("-");
};
type Dated = Span & { readonly start: number };

/**
 * Statistics by day or hour. A past one of which everything is over changes no more, so it is read once and kept: 100 000
 * studies of a quarter are ninety small sums, not a table to be read again for each look. Only a clock that was set can open
 * another upload in it, and then it is read again.
 */
export function createStatistics({ db, site }: { readonly db: Queries; readonly site: () => string }) {
  const kept: Readonly<Record<Unit, Map<number, Dated>>> = { day: new Map(), hour: new Map() };

  const opened = uploadCounter(db);

  const step = (by: Unit, start: number, now: number): Dated => {
    const known = kept[by].get(start);
    const next = nextOf[by](start);
    if (known && opened(start, next) === uploadsIn(known)) return known;
    const made = { start, ...spanOf(db, start, next) };
    const over = [...made.states.keys()].every((state) => isTerminal(state as UploadState));
    kept[by].delete(start);
    if (over && next <= now) {
      kept[by].set(start, made);
      const [oldest = start] = kept[by].keys();
      if (kept[by].size > 2 * mostSteps) kept[by].delete(oldest);
    }
    return made;
  };

  return {
    /** Lets other work have its turn after each step. @param from @param to milliseconds since 1970, both steps taken whole */
    async between(from: number, to: number, by: Unit = "day", now = Date.now()): Promise<Statistics> {
      const first = Math.max(startOf[by](from), startOf[by](firstUploadAt(db) ?? now));
      const spans: Dated[] = [];
      for (let start = first; start <= Math.min(to, now) && spans.length < mostSteps; start = nextOf[by](start)) {
        if (!kept[by].has(start)) await new Promise((resolve) => setImmediate(resolve));
        spans.push(step(by, start, now));
      }
      return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), site: site(), ...summed(spans) };
    },
    /** Of the last 24 hours: how much of it was delivered whole, and the median seconds that took. */
    lately(now = Date.now()): { readonly successRate: number | null; readonly median: number | null } {
      const span = spanOf(db, now - dayMs, now + 1);
      return { successRate: successRate(span.states), median: archiveOf([span]).median };
    },
  };
}
export type StatisticsOf = ReturnType<typeof createStatistics>;

function summed(spans: readonly Dated[]): Omit<Statistics, "from" | "to" | "site"> {
  const total = (of: (it: Span) => number) => spans.reduce((sum, it) => sum + of(it), 0);
  const tally = (of: (it: Span) => ReadonlyMap<string, number>) => {
    const all = new Map<string, number>();
    for (const it of spans) for (const [key, count] of of(it)) all.set(key, (all.get(key) ?? 0) + count);
    return all;
  };
  const states = tally((it) => it.states);
  const levels = new Set(spans.flatMap(({ archive }) => [...archive.keys()]));
  const ids = [...new Set(spans.flatMap(({ destinations }) => [...destinations.keys()]))].sort();
  return {
    uploads: total(uploadsIn),
    studies: total(({ studies }) => studies),
    bytes: total(({ bytes }) => bytes),
    states: Object.fromEntries(states),
    success_rate: successRate(states),
    modalities: [...tally(({ modalities }) => modalities)]
      .map(([modality, studies]) => ({ modality, studies }))
      .sort((a, b) => b.studies - a.studies || a.modality.localeCompare(b.modality, "en")),
    time_to_archive: Object.fromEntries(
      [...levels].map((level) => [level, spreadOf(added(spans.flatMap(({ archive }) => archive.get(level) ?? [])))]),
    ),
    archived: archiveOf(spans),
    throughput: spreadOf(added(spans.map(({ throughput }) => throughput))),
    network: networkOf(spans),
    destinations: ids.map((id) => {
      const parts = spans.flatMap(({ destinations }) => destinations.get(id) ?? []);
      const of = (what: "deliveries" | "delivered" | "parked" | "judged" | "retries") =>
        parts.reduce((sum, it) => sum + it[what], 0);
      return {
        destination_id: id,
        deliveries: of("deliveries"),
        delivered: of("delivered"),
        parked: of("parked"),
        retries: of("retries"),
        success_rate: of("judged") === 0 ? null : of("delivered") / of("judged"),
        time_to_archive: spreadOf(added(parts.map(({ archive }) => archive))),
      };
    }),
    steps: spans.map((it) => ({
      start: new Date(it.start).toISOString(),
      date: dateOf(it.start),
      uploads: uploadsIn(it),
      studies: it.studies,
      bytes: it.bytes,
      delivered: it.states.get("delivered") ?? 0,
      failed: failedIn(it.states),
      time_to_archive: archiveOf([it]),
      network: networkOf([it]),
    })),
  };
}
