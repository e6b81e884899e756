import { catalogueOf, type ErrorCode } from "../contract/errors.ts";

/** One field's fault, as problem documents list them. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
  readonly [extra: string]: unknown;
}

/** An error with a stable code. `message` is a sentence a person can act on and never holds patient data beyond what the sender gave. */
export class RelayError extends Error {
  override readonly name = "RelayError";
  readonly retryable: boolean;
  constructor(
    readonly code: ErrorCode,
    message?: string,
    readonly details: {
      readonly errors?: readonly FieldError[];
      readonly retryAfterSeconds?: number;
      /** Members beside the standard ones of a problem document (RFC 9457 §3.2), e.g. `missing`. */
      readonly members?: Readonly<Record<string, unknown>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message ?? `${catalogueOf(code).cause} ${catalogueOf(code).action}`, { cause: details.cause });
    this.retryable = catalogueOf(code).retryable;
  }
}
