import { catalogueOf, type ErrorCode } from "../contract/errors.ts";
import { isDiskFull } from "../core/disk-full.ts";
import { RelayError } from "../core/errors.ts";

/** The ONE mapping from codes to HTTP status. What is not listed is a client's mistake of the general kind, 400. */
const statusOf: Partial<Record<ErrorCode, number>> = {
  invalid_json: 400,
  invalid_request: 422,
  unauthorized: 401,
  token_expired: 401,
  invalid_credentials: 401,
  totp_required: 401,
  totp_invalid: 401,
  forbidden: 403,
  setup_code_invalid: 403,
  wrong_upload: 403,
  totp_enrollment_required: 403,
  not_found: 404,
  file_unknown: 404,
  request_timeout: 408,
  upload_closed: 409,
  upload_incomplete: 409,
  chunk_conflict: 409,
  idempotency_key_reused: 409,
  not_parked: 409,
  totp_already_set_up: 409,
  study_not_waiting: 409,
  notes_not_sent: 409,
  provisioned: 409,
  destination_exists: 409,
  destination_in_use: 409,
  route_order_outdated: 409,
  correction_unfit: 422,
  correction_signed: 422,
  order_differs: 403,
  invitation_unknown: 404,
  invitation_used: 410,
  invitation_expired: 410,
  upload_expired: 410,
  upload_cancelled: 410,
  request_too_large: 413,
  upload_too_large: 413,
  file_too_large: 413,
  too_many_files: 413,
  unsupported_media_type: 415,
  unsupported_encoding: 415,
  password_unfit: 422,
  totals_mismatch: 422,
  metadata_required: 422,
  image_identity_unfit: 422,
  file_name_invalid: 422,
  chunk_size_invalid: 422,
  too_many_requests: 429,
  too_many_attempts: 429,
  too_many_uploads: 429,
  internal_error: 500,
  service_unavailable: 503,
  setup_required: 503,
  insufficient_storage: 507,
};

/** Seconds a client is told to wait where the error itself does not say. */
const defaultRetryAfter: Partial<Record<number, number>> = { 429: 10, 503: 2, 507: 30 };

export const httpStatus = (code: ErrorCode): number => statusOf[code] ?? 400;

/** Whatever was thrown, as an error of the catalogue. What is not known stays hidden. */
export function asRelayError(error: unknown): RelayError {
  if (error instanceof RelayError) return error;
  if (isOutOfFiles(error)) return new RelayError("service_unavailable", undefined, { cause: error });
  if (isDiskFull(error)) return new RelayError("insufficient_storage", undefined, { cause: error });
  return new RelayError("internal_error", undefined, { cause: error });
}

/** The process or the machine has no file descriptor left; it has as soon as some request ends. */
const isOutOfFiles = (error: unknown): boolean =>
  ["EMFILE", "ENFILE"].includes(String((error as { code?: unknown } | null)?.code));

/** RFC 9457 problem document. */
export function problem(error: RelayError, requestId: string): Response {
  const status = httpStatus(error.code);
  const retryAfter = error.details.retryAfterSeconds ?? defaultRetryAfter[status];
  const body = {
    type: `/docs/errors#${error.code}`,
    title: catalogueOf(error.code).title,
    status,
    detail: error.message,
    code: error.code,
    request_id: requestId,
    ...(error.details.errors ? { errors: error.details.errors } : {}),
    ...error.details.members,
  };
  const headers = new Headers({ "content-type": "application/problem+json", "cache-control": "no-store" });
  headers.set("x-request-id", requestId);
  if (retryAfter !== undefined) headers.set("retry-after", String(retryAfter));
  if (status === 401) headers.set("www-authenticate", "Bearer");
  return new Response(JSON.stringify(body), { status, headers });
}
