import type { Spread, Statistics, Step } from "../../src/contract/statistics.ts";
import type { StatisticsUnit } from "../api/admin.ts";
import { clock, duration, rate, size } from "../core/format.ts";
import { language } from "../core/text.ts";
import { board, percent, targetSeconds } from "./board.ts";

export interface Line {
  readonly name: string;
  /** One for each label; null where there is none. */
  readonly values: readonly (number | null)[];
  /** The token of the stylesheet that colours it. */
  readonly colour: "accent" | "warn" | "good";
  readonly form: "bars" | "line" | "dashes" | "dots";
}
/** A chart, and the table that says the same. */
export interface Figure {
  readonly id: string;
  readonly title: string;
  /** What it comes to, in words. */
  readonly text: string;
  readonly labels: readonly string[];
  /** None: there is nothing to draw. */
  readonly lines: readonly Line[];
  /** How a value of the lines reads. */
  readonly read: (value: number) => string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const dash = "–";
const number = (value: number) => value.toLocaleString(language());
const shown = (value: number | null, read: (value: number) => string) => (value === null ? dash : read(value));
const speed = (bytesPerSecond: number) => rate(bytesPerSecond * 8);

const dayName = (date: string) =>
  new Intl.DateTimeFormat(language(), { day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(date));
const nameOf = (by: StatisticsUnit) => (step: Step) =>
  by === "hour" ? clock(Date.parse(step.start)) : dayName(step.date);

/** What the statistics show, figure by figure. */
export function figuresOf(all: Statistics, by: StatisticsUnit): readonly Figure[] {
  const labels = all.steps.map(nameOf(by));
  const when = board(by === "hour" ? "when_hour" : "when_day");
  return [volume(all, labels, when), time(all, labels, when), network(all, labels, when), modalities(all), places(all)];
}

function volume(all: Statistics, labels: readonly string[], when: string): Figure {
  const filling = { studies: all.studies, size: size(all.bytes) };
  const failed = all.steps.reduce((sum, step) => sum + step.failed, 0);
  return {
    id: "volume",
    title: board("volume"),
    text:
      all.success_rate === null
        ? board("volume_text_open", filling)
        : board("volume_text", { ...filling, rate: percent(all.success_rate), failed }),
    labels,
    lines: [
      { name: board("studies"), values: all.steps.map(({ studies }) => studies), colour: "accent", form: "bars" },
    ],
    read: number,
    head: [when, ...(["studies", "uploads", "size", "delivered", "failed"] as const).map((word) => board(word))],
    rows: all.steps.map((it, index) => [
      labels[index] ?? "",
      number(it.studies),
      number(it.uploads),
      size(it.bytes),
      number(it.delivered),
      number(it.failed),
    ]),
  };
}

function time(all: Statistics, labels: readonly string[], when: string): Figure {
  const spreads = all.steps.map((it) => it.time_to_archive);
  const arrived = spreads.some(({ count }) => count > 0);
  const lines: Line[] = [
    { name: board("median"), values: spreads.map(({ median }) => median), colour: "accent", form: "line" },
    { name: board("slow_end"), values: spreads.map(({ p95 }) => p95), colour: "warn", form: "dashes" },
    {
      name: board("target", { time: duration(targetSeconds) }),
      values: spreads.map(() => targetSeconds),
      colour: "good",
      form: "dots",
    },
  ];
  return {
    id: "time",
    title: board("time"),
    text: arrived
      ? board("time_text", { median: shown(all.archived.median, duration), slow: shown(all.archived.p95, duration) })
      : board("time_none"),
    labels,
    lines: arrived ? lines : [],
    read: duration,
    head: [when, board("delivered"), board("median"), board("slow_end")],
    rows: spreads.map((it, index) => [
      labels[index] ?? "",
      number(it.count),
      shown(it.median, duration),
      shown(it.p95, duration),
    ]),
  };
}

function network(all: Statistics, labels: readonly string[], when: string): Figure {
  const { bytes_per_second: lines, uploads, troubled } = all.network;
  const counts = { n: troubled, all: uploads };
  const of = (pick: (spread: Spread) => number | null) =>
    all.steps.map((it) => {
      const value = pick(it.network.bytes_per_second);
      return value === null ? null : value * 8;
    });
  const words = () => {
    if (uploads === 0) return board("network_none");
    if (lines.median === null || lines.p05 === null) return board("network_lost", counts);
    return board("network_text", { ...counts, median: speed(lines.median), slow: speed(lines.p05) });
  };
  return {
    id: "network",
    title: board("network"),
    text: words(),
    labels,
    lines:
      lines.count === 0
        ? []
        : [
            { name: board("median"), values: of(({ median }) => median), colour: "accent", form: "line" },
            { name: board("slowest"), values: of(({ p05 }) => p05), colour: "warn", form: "dashes" },
          ],
    read: rate,
    head: [when, ...(["measured", "median", "slowest", "standstills", "breaks"] as const).map((word) => board(word))],
    rows: all.steps.map(({ network: it }, index) => [
      labels[index] ?? "",
      number(it.uploads),
      shown(it.bytes_per_second.median, speed),
      shown(it.bytes_per_second.p05, speed),
      number(it.stalls),
      number(it.breaks),
    ]),
  };
}

function modalities(all: Statistics): Figure {
  const [most] = all.modalities;
  const whole = all.modalities.reduce((sum, { studies }) => sum + studies, 0);
  return {
    id: "modalities",
    title: board("modalities"),
    text: most === undefined ? "" : board("modalities_text", most),
    labels: all.modalities.map(({ modality }) => modality),
    lines: [
      { name: board("studies"), values: all.modalities.map(({ studies }) => studies), colour: "accent", form: "bars" },
    ],
    read: number,
    head: [board("modality"), board("studies"), board("share")],
    rows: all.modalities.map(({ modality, studies }) => [modality, number(studies), percent(studies / whole)]),
  };
}

function places(all: Statistics): Figure {
  const sum = (what: "deliveries" | "delivered" | "retries" | "parked") =>
    all.destinations.reduce((total, it) => total + it[what], 0);
  const totals = { deliveries: sum("deliveries"), delivered: sum("delivered"), retries: sum("retries") };
  const row = (name: string, it: Omit<Statistics["destinations"][number], "destination_id" | "time_to_archive">) => [
    name,
    number(it.deliveries),
    shown(it.success_rate, percent),
    number(it.retries),
    number(it.parked),
  ];
  return {
    id: "places",
    title: board("places"),
    text: board("places_text", totals),
    labels: all.destinations.map(({ destination_id }) => destination_id),
    lines: [
      {
        name: board("delivered"),
        values: all.destinations.map(({ delivered }) => delivered),
        colour: "accent",
        form: "bars",
      },
    ],
    read: number,
    head: [
      ...(["place", "studies", "success", "retries", "stuck", "median", "slow_end"] as const).map((word) =>
        board(word),
      ),
    ],
    rows: [
      [
        ...row(board("site", { site: all.site }), { ...totals, parked: sum("parked"), success_rate: all.success_rate }),
        shown(all.archived.median, duration),
        shown(all.archived.p95, duration),
      ],
      ...all.destinations.map((it) => [
        ...row(it.destination_id, it),
        shown(it.time_to_archive.median, duration),
        shown(it.time_to_archive.p95, duration),
      ]),
    ],
  };
}
