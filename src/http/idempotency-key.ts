import { RelayError } from "../core/errors.ts";

/** The request's Idempotency-Key; null where it has none. @throws RelayError invalid_request */
export function idempotencyKey(request: Request): string | null {
  const key = request.headers.get("idempotency-key");
  if (key === null) return null;
  if (key.length < 1 || key.length > 255)
    throw new RelayError("invalid_request", undefined, {
      errors: [{ path: "Idempotency-Key", message: "has 1 to 255 characters" }],
    });
  return key;
}
