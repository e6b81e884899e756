import { t } from "elysia";
import { RelayError } from "../core/errors.ts";

const invalid = (name: string, message: string) =>
  new RelayError("invalid_request", undefined, { errors: [{ path: `query.${name}`, message }] });

/** A parameter that is given twice means two things; whoever reads it next may take the other one. @throws RelayError invalid_request */
export function requireSingleParameters(url: string): void {
  const start = url.indexOf("?");
  if (start === -1) return;
  const seen = new Set<string>();
  for (const name of new URLSearchParams(url.slice(start)).keys()) {
    if (seen.has(name)) throw invalid(name.slice(0, 64), "is given more than once");
    seen.add(name);
  }
}

/** A number in a query; other forms than plain digits are refused. @throws RelayError invalid_request */
export function wholeNumber(value: string | undefined, name: string): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!/^\d{1,16}$/.test(value) || !Number.isSafeInteger(number))
    throw invalid(name, "must be a whole number, 0 or more");
  return number;
}

/** One value or several, separated by commas, out of a list. @throws RelayError invalid_request */
export function chosenOf<T extends string>(value: string, from: readonly T[], name: string): T[] {
  const wanted = value.split(",");
  if (!wanted.every((one) => from.includes(one as T))) throw invalid(name, `one of ${from.join(", ")}`);
  return wanted as T[];
}

/** `complete?wait`. @throws RelayError invalid_request */
export function waitSeconds(value: string | undefined): number {
  if (value === undefined) return 0;
  const seconds = Number(value);
  if (!/^\d+(\.\d+)?$/.test(value) || seconds > 60) throw invalid("wait", "0 to 60 seconds");
  return seconds;
}

/** How many rows a page has. The compiled server does not hold coerced numbers to their schema's bounds. @throws RelayError invalid_request */
export function pageSize(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > largestPage) throw invalid("limit", `1 to ${largestPage}`);
  return limit;
}

const largestPage = 200;

/** A page of a list. */
export const pageQuery = t.Object(
  {
    limit: t.Integer({ minimum: 1, maximum: largestPage, default: 50 }),
    cursor: t.Optional(t.String({ maxLength: 200 })),
    /** One state or several, separated by commas. */
    state: t.Optional(t.String({ maxLength: 200 })),
  },
  { additionalProperties: false },
);
