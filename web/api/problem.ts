import type { ErrorCode } from "../../src/contract/errors.ts";

/** Codes that arise on the device itself, beside those of the box. */
export type DeviceCode = "network" | "stalled" | "aborted";

/** What a request came to where it did not come to its answer: the box's problem document, or the network. */
export class ApiError extends Error {
  constructor(
    /** A code of the catalogue, or one of the device's. */
    readonly code: ErrorCode | DeviceCode | (string & {}),
    message: string,
    /** HTTP status; 0 where none came. */
    readonly status: number,
    readonly requestId: string | null = null,
    /** Seconds, where the box said when to come again. */
    readonly retryAfter: number | null = null,
    /** The whole problem document: `missing`, `errors`. */
    readonly document: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

/** `Retry-After` as seconds (RFC 9110 10.2.3); null where it is absent or no number or date. */
export function retryAfterSeconds(header: string | null, now: number): number | null {
  if (header === null || header.trim() === "") return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - now) / 1000));
}

/** The error of an answer that is none of success; a proxy's error page becomes a plain one. */
export function problemOf(status: number, header: (name: string) => string | null, body: string): ApiError {
  const document = parse(body);
  const text = (name: string) => (typeof document[name] === "string" ? String(document[name]) : "");
  return new ApiError(
    text("code") || (status >= 500 ? "service_unavailable" : "unexpected_answer"),
    text("detail") || text("title") || "The answer did not come from the hospital box itself.",
    status,
    text("request_id") || header("x-request-id"),
    retryAfterSeconds(header("retry-after"), Date.now()),
    document,
  );
}

export const networkError = () => new ApiError("network", "The hospital box cannot be reached.", 0);

function parse(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}
