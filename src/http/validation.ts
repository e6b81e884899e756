import type { ValidationError } from "elysia";
import { type FieldError, RelayError } from "../core/errors.ts";

interface Fault {
  readonly path?: string;
  readonly message?: string;
}

/** Elysia's validation error as a problem with a line per field; values are never echoed. */
export function invalidRequest(error: Readonly<ValidationError>): RelayError {
  const type = error.type === "body" ? "" : `${error.type}.`;
  let faults: Fault[] = [];
  try {
    faults = (error.all as Fault[]).filter((fault) => typeof fault === "object");
  } catch {
    // A schema the library cannot explain: the code alone must do.
  }
  const errors: FieldError[] = faults.slice(0, 20).map((fault) => ({
    path: type + (fault.path ?? "").replace(/^\//, "").replaceAll("/", "."),
    message: fault.message ?? "is not valid",
  }));
  return new RelayError("invalid_request", undefined, { errors });
}
