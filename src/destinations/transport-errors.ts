import { DestinationError } from "./destination.ts";

/** What the codes of TLS come to, the first that matches: alerts are the archive's word of us, the others ours of it. */
const secureWords: readonly (readonly [RegExp, string])[] = [
  [/ALERT_CERTIFICATE_REQUIRED/, "The archive asks for a certificate of this box: name one in tls.cert and tls.key"],
  [
    /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE|ACCESS_DENIED)/,
    "The archive does not accept the certificate of this box, tls.cert",
  ],
  [/ALTNAME|HOSTNAME_MISMATCH/, "The archive's certificate is made out to another name than the configured one"],
  [/CERT_HAS_EXPIRED/, "The archive's certificate has expired"],
  [/CERT_NOT_YET_VALID/, "The archive's certificate is not valid yet, or the clock of this box is wrong"],
  [
    /SELF_SIGNED|ISSUER|UNABLE_TO_VERIFY|INVALID_CA/,
    "The archive's certificate comes from an authority that this box does not know",
  ],
  [/CERT|INVALID_PURPOSE/, "The archive's certificate could not be verified"],
  [/^ERR_(SSL|TLS|OSSL|BORINGSSL)|^EPROTO$/, "No secure connection to the archive came about"],
];
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
  const secure = secureWords.find(([pattern]) => pattern.test(code))?.[1];
  if (secure !== undefined)
    return new DestinationError("destination_tls_failed", `${secure} (${code}).`, false, { cause: error });
  const message = words[code] ?? "The connection to the archive failed.";
  return new DestinationError("destination_unreachable", message, true, { cause: error });
}

export const timeoutError = (seconds: number): DestinationError =>
  new DestinationError("destination_timeout", `The archive was silent for ${seconds} s.`, true);

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return typeof code === "string" && /^[A-Za-z0-9_]{1,60}$/.test(code) ? code : "";
}
