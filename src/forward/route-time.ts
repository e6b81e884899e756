/** Minutes of a day, from the first to before the last. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

const day = 24 * 60;

/** "HH:MM" as minutes since midnight; 24:00 is the day's end. */
export function minuteOf(time: string): number {
  const [hours = "0", minutes = "0"] = time.split(":");
  return Number(hours) * 60 + Number(minutes);
}

export const clockTime = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

/** The minute of the box's own day (its time zone's) at a moment in milliseconds since 1970. */
export function localMinute(at: number): number {
  const date = new Date(at);
  return date.getHours() * 60 + date.getMinutes();
}

/** "22:00-06:00" goes over midnight; a beginning that is the end is no time at all. */
export function spansOf(windows: readonly string[]): Span[] {
  return windows.flatMap((window) => {
    const [from = 0, until = 0] = window.split("-").map(minuteOf);
    const spans =
      from <= until
        ? [{ from, until }]
        : [
            { from, until: day },
            { from: 0, until },
          ];
    return spans.filter((span) => span.from < span.until);
  });
}

export const isWithin = (minute: number, spans: readonly Span[]): boolean =>
  spans.some(({ from, until }) => minute >= from && minute < until);

/** Whether every minute of `some` is one of `all`. */
export function spansCover(all: readonly Span[], some: readonly Span[]): boolean {
  const sorted = all.toSorted((a, b) => a.from - b.from);
  return some.every(({ from, until }) => {
    let reached = from;
    for (const span of sorted) if (span.from <= reached) reached = Math.max(reached, span.until);
    return reached >= until;
  });
}

export const wholeDay: readonly Span[] = [{ from: 0, until: day }];
