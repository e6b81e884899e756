import type { Network, Spread, Statistics, Step } from "../../src/contract/statistics.ts";
import type { StatisticsUnit } from "../api/admin.ts";

const spread = (count: number, p05: number, median: number, p95: number): Spread =>
  count === 0 ? { count, p05: null, median: null, p95: null } : { count, p05, median, p95 };
/** The same each time: waves that look like days of work. */
const wave = (n: number, least: number, most: number) =>
  least + ((Math.sin(n * 1.7) + Math.sin(n * 0.61) + 2) / 4) * (most - least);

const networkOf = (n: number, uploads: number): Network => ({
  uploads,
  bytes_per_second: spread(uploads, wave(n, 3e4, 9e4), wave(n, 7e5, 2e6), wave(n, 4e6, 9e6)),
  stalls: Math.round(wave(n + 5, 0, 3)),
  breaks: n % 5 === 0 ? 2 : 0,
  troubled: n % 5 === 0 ? 2 : 0,
});

function stepOf(n: number, by: StatisticsUnit, start: number): Step {
  const hour = new Date(start).getHours();
  const quiet = by === "hour" ? hour < 6 || hour > 20 : n % 7 > 4;
  const studies = Math.round(
    by === "hour" ? wave(n, quiet ? 0 : 3, quiet ? 2 : 14) : wave(n, quiet ? 4 : 30, quiet ? 12 : 71),
  );
  const date = new Date(start - new Date(start).getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
  return {
    start: new Date(start).toISOString(),
    date,
    uploads: studies,
    studies,
    bytes: Math.round(studies * wave(n, 1.2e8, 4.1e8)),
    delivered: studies - (n % 6 === 2 && studies > 0 ? 1 : 0),
    failed: n % 6 === 2 && studies > 0 ? 1 : 0,
    time_to_archive: spread(studies, 12, wave(n, 60, 260), wave(n + 2, 300, 1500)),
    network: networkOf(n, studies),
  };
}

/** What a box of a few hundred studies a week might tell. */
export function madeStatistics(by: StatisticsUnit): Statistics {
  const [count, ms] = by === "hour" ? [24, 3_600_000] : [7, 86_400_000];
  const now = by === "hour" ? new Date().setMinutes(0, 0, 0) : new Date().setHours(0, 0, 0, 0);
  const steps = Array.from({ length: count }, (_, n) => stepOf(n, by, now - (count - 1 - n) * ms));
  const total = (of: (step: Step) => number) => steps.reduce((sum, step) => sum + of(step), 0);
  const studies = total((step) => step.studies);
  const delivered = total((step) => step.delivered);
  const archived = spread(studies, 12, 148, 640);
  const place = (destination_id: string, share: number, retries: number, parked: number) => ({
    destination_id,
    deliveries: Math.round(studies * share),
    delivered: Math.round(delivered * share) - parked,
    parked,
    retries,
    success_rate: 1 - parked / Math.max(1, Math.round(studies * share)),
    time_to_archive: archived,
  });
  return {
    from: steps[0]?.start ?? "",
    to: new Date().toISOString(),
    site: "North Clinic",
    uploads: studies,
    studies,
    bytes: total((step) => step.bytes),
    states: { delivered, failed: studies - delivered },
    success_rate: delivered / studies,
    modalities: ["CT", "MR", "DX", "US", "CR", "XC", "NM"].map((modality, n) => ({
      modality,
      studies: Math.max(1, Math.round((studies * 0.52) / (n * n + 1))),
    })),
    time_to_archive: { routine: archived },
    archived,
    throughput: spread(studies, 3e4, 9e5, 6e6),
    network: { ...networkOf(3, studies), troubled: 4 },
    destinations: [place("north", 0.9, 12, 2), place("reading-centre-lakeside", 0.34, 3, 0), place("archive", 1, 0, 0)],
    steps,
  };
}

/** Of the same time in which no device has measured anything, and nothing has arrived. */
export const emptied = (all: Statistics): Statistics => ({
  ...all,
  success_rate: null,
  archived: spread(0, 0, 0, 0),
  network: networkOf(1, 0),
  steps: all.steps.map((step, n) => ({ ...step, time_to_archive: spread(0, 0, 0, 0), network: networkOf(n, 0) })),
});
