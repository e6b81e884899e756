import type { ErrorCode } from "../contract/errors.ts";
import { DestinationError } from "./destination.ts";
import type { HttpAnswer } from "./http-peer.ts";

interface StatusRow {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly words: string;
}

const row = (code: ErrorCode, retryable: boolean, words: string): StatusRow => ({ code, retryable, words });

/** What an HTTP status says of the request as a whole (PACS-FACTS rule 8); 200, 202, 204 and 409 speak of instances instead. */
const rows: Readonly<Record<number, StatusRow>> = {
  400: row("destination_rejected", false, "finds the request malformed"),
  401: row("destination_auth_failed", false, "does not accept the sign-in"),
  403: row("destination_auth_failed", false, "does not give this account the right"),
  404: row("destination_rejected", false, "knows nothing under this address"),
  406: row("destination_rejected", false, "cannot answer in application/dicom+json"),
  407: row("destination_auth_failed", false, "is behind a proxy that wants a sign-in"),
  408: row("destination_timeout", true, "waited too long for the request"),
  413: row("destination_rejected", false, "finds the request too large"),
  415: row("destination_rejected", false, "does not take this type of content"),
  424: row("destination_busy", true, "depends on something that failed"),
  429: row("destination_busy", true, "asks for fewer requests"),
  500: row("destination_bad_answer", true, "had an internal error"),
  501: row("destination_rejected", false, "does not offer this service"),
  502: row("destination_unreachable", true, "is behind a proxy that does not reach it"),
  503: row("destination_busy", true, "is not available at the moment"),
  504: row("destination_timeout", true, "is behind a proxy that got no answer from it"),
  507: row("destination_busy", true, "has no space left"),
};

/** AWS names its errors in a header, whatever their status; each speaks of the request as a whole. */
const namedRows: Readonly<Record<string, StatusRow>> = {
  ThrottlingException: row("destination_busy", true, "asks for fewer requests"),
  ServiceUnavailableException: row("destination_busy", true, "is not available at the moment"),
  InternalServerException: row("destination_bad_answer", true, "had an internal error"),
  ServiceQuotaExceededException: row("destination_busy", true, "has reached a quota of this account"),
  ExpiredTokenException: row("destination_auth_failed", false, "says that the session token has ended"),
  UnrecognizedClientException: row("destination_auth_failed", false, "does not know this access key or session token"),
  InvalidSignatureException: row(
    "destination_auth_failed",
    false,
    "finds the signature wrong: the secret access key, the region or this box's clock",
  ),
  RequestTimeTooSkewedException: row("destination_auth_failed", false, "finds that this box's clock is wrong"),
};

/** The error that an answer names by itself; null where its status alone speaks. */
export function namedError(answer: Pick<HttpAnswer, "status" | "headers">): DestinationError | null {
  return namedRow(answer.headers) === undefined ? null : statusError(answer);
}

function namedRow(headers: Headers): StatusRow | undefined {
  // "NAME:http://internal…" as some of its services write it.
  const name = headers.get("x-amzn-errortype")?.split(":")[0] ?? "";
  return Object.hasOwn(namedRows, name) ? namedRows[name] : undefined;
}

function rowOf(status: number): StatusRow {
  const known = rows[status];
  if (known !== undefined) return known;
  // A redirect is never followed: it could lead the images and the sign-in elsewhere.
  if (status >= 300 && status < 400) return row("destination_rejected", false, "points to another address");
  if (status >= 400 && status < 500) return row("destination_rejected", false, "refuses the request");
  return row("destination_bad_answer", true, "gave an unexpected answer");
}

/** The error of an answer whose status speaks of the request as a whole. */
export function statusError({ status, headers }: Pick<HttpAnswer, "status" | "headers">): DestinationError {
  const { code, retryable, words } = namedRow(headers) ?? rowOf(status);
  const wait = retryable ? retryAfterSeconds(headers.get("retry-after"), Date.now()) : null;
  return new DestinationError(
    code,
    `The archive ${words} (HTTP ${status}).`,
    retryable,
    wait === null ? {} : { retryAfterSeconds: wait },
  );
}

/** @throws DestinationError for every other status */
export async function expect200(answer: HttpAnswer): Promise<HttpAnswer> {
  if (answer.status === 200) return answer;
  await answer.discard();
  throw statusError(answer);
}

const LONGEST_WAIT_SECONDS = 3600;

/** Retry-After (RFC 9110 10.2.3), seconds or a date; at most an hour, so that no peer can put a lane to sleep. */
export function retryAfterSeconds(value: string | null, now: number): number | null {
  if (value === null) return null;
  const seconds = /^\d{1,9}$/.test(value.trim()) ? Number(value) : (Date.parse(value) - now) / 1000;
  if (Number.isNaN(seconds)) return null;
  return Math.min(Math.max(Math.ceil(seconds), 0), LONGEST_WAIT_SECONDS);
}
