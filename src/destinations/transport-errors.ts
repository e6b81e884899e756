import { DestinationError } from "./destination.ts";

const CERTIFICATE = /CERT|ALTNAME|ISSUER|SELF_SIGNED|UNABLE_TO_VERIFY|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE/;
const TLS = /^ERR_(SSL|TLS|OSSL|BORINGSSL)|^EPROTO$/;
/** What a socket's error code says in words; the code alone goes on, never the peer's text. */
const words: Record<string, string> = {
  ECONNREFUSED: "The archive refuses the connection.",
  ConnectionRefused: "The archive refuses the connection.",
  ENOTFOUND: "The archive's host name cannot be resolved.",
  EAI_AGAIN: "The archive's host name cannot be resolved.",
  ECONNRESET: "The archive broke the connection off.",
  ConnectionClosed: "The archive broke the connection off.",
  EPIPE: "The archive broke the connection off.",
  EHOSTUNREACH: "No way to the archive's host.",
  ENETUNREACH: "No way to the archive's network.",
  ETIMEDOUT: "The archive does not answer the connection.",
};

/** A socket's or fetch's error as the dispatcher knows it. */
export function transportError(error: unknown): DestinationError {
  if (error instanceof DestinationError) return error;
  const code = codeOf(error);
  if (CERTIFICATE.test(code)) {
    const message = `The archive's certificate could not be verified (${code}).`;
    return new DestinationError("destination_tls_failed", message, false, { cause: error });
  }
  if (TLS.test(code)) {
    const message = `No secure connection to the archive came about (${code}).`;
    return new DestinationError("destination_tls_failed", message, false, { cause: error });
  }
  const message = words[code] ?? "The connection to the archive failed.";
  return new DestinationError("destination_unreachable", message, true, { cause: error });
}

export const timeoutError = (seconds: number): DestinationError =>
  new DestinationError("destination_timeout", `The archive was silent for ${seconds} s.`, true);

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return typeof code === "string" && /^[A-Za-z0-9_]{1,60}$/.test(code) ? code : "";
}
