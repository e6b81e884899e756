import { language } from "./text.ts";

/** How values read to a person, in the present language. Pure but for the language and the time zone. */

const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** @param bytes decimal, as networks and scanners count: 610 MB */
export function size(bytes: number): string {
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return new Intl.NumberFormat(language(), {
    style: "unit",
    unit: units[step] ?? "byte",
    unitDisplay: step === 0 ? "long" : "short",
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value);
}

/** @param bitsPerSecond 400 kbps, 1.6 Mbps */
export function rate(bitsPerSecond: number): string {
  const mega = bitsPerSecond >= 1_000_000;
  const value = bitsPerSecond / (mega ? 1_000_000 : 1000);
  const shown = new Intl.NumberFormat(language(), { maximumFractionDigits: mega && value < 10 ? 1 : 0 }).format(value);
  return `${shown} ${mega ? "Mbps" : "kbps"}`;
}

/** @param seconds 40 s, 6 min, 2 h, 3 days from two on */
export function duration(seconds: number): string {
  const [value, unit] =
    seconds < 60
      ? [Math.max(1, Math.ceil(seconds)), "second" as const]
      : seconds < 5400
        ? [Math.round(seconds / 60), "minute" as const]
        : seconds < 172_800
          ? [Math.round(seconds / 3600), "hour" as const]
          : [Math.floor(seconds / 86_400), "day" as const];
  return new Intl.NumberFormat(language(), { style: "unit", unit, unitDisplay: "short" }).format(value);
}

/** @param time milliseconds since 1970: 14:07 */
export const clock = (time: number): string =>
  new Intl.DateTimeFormat(language(), { hour: "2-digit", minute: "2-digit" }).format(time);

/** @param time milliseconds since 1970: the hour of today, else the day too */
export function moment(time: number, now = Date.now()): string {
  const sameDay = new Date(time).toDateString() === new Date(now).toDateString();
  if (sameDay) return clock(time);
  return new Intl.DateTimeFormat(language(), {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  }).format(time);
}

/** A DA value (PS3.5 6.2, YYYYMMDD) as local midnight; null where it is none. */
export function parseDay(dicom: string): Date | null {
  const match = /^(\d{4})(\d{2})(\d{2})$/.exec(dicom);
  if (match === null) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const date = new Date(year, month - 1, day);
  return date.getFullYear() === year && date.getMonth() === month - 1 && date.getDate() === day ? date : null;
}

/** A DA value in words: 4 Feb 1961; what is none stays as it is. */
export function day(dicom: string): string {
  const date = parseDay(dicom);
  if (date === null) return dicom;
  return new Intl.DateTimeFormat(language(), { day: "numeric", month: "short", year: "numeric" }).format(date);
}

/** YYYYMMDD ⇄ YYYY-MM-DD of a date field. */
export const toField = (dicom: string): string => dicom.replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3");
export const fromField = (field: string): string => field.replaceAll("-", "");

/** "DOE, JANE" as "D. J.": enough to find one's own study in a list, too little for who looks over a shoulder. */
export const initials = (words: string): string =>
  (words.split(" · ")[0] ?? "")
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((part) => `${[...part][0]}.`)
    .join(" ");

/** A PN value (PS3.5 6.2.1) as people write it: `DOE^JANE^^DR` is "DOE, JANE"; the groups of other scripts follow. */
export function personName(value: string): string {
  const groups = value.split("=").map((group) => {
    const [family = "", given = "", middle = ""] = group.split("^").map((part) => part.trim());
    return [family, [given, middle].filter(Boolean).join(" ")].filter(Boolean).join(", ");
  });
  return groups.filter(Boolean).join(" · ");
}
