import { DestinationError } from "../destination.ts";
import type { HttpPeer } from "../http-peer.ts";
import { statusError } from "../http-status.ts";
import type { AccessToken } from "./token-cache.ts";

/** RFC 6749 5.1 lets a server leave `expires_in` out. */
const UNSAID_SECONDS = 300;
/** RFC 6749 5.2; nothing else of the answer is passed on, for it may repeat what was sent. */
const known = /^(invalid_(request|client|grant|scope)|unauthorized_client|unsupported_grant_type|access_denied)$/;

/**
 * Asks a token endpoint (RFC 6749 4.4, RFC 7523 2.1). No redirect is followed, and no link-local or metadata address asked.
 * @throws DestinationError destination_auth_failed where it refuses, otherwise one that may be tried again
 */
export async function requestToken(
  peer: HttpPeer,
  form: Readonly<Record<string, string>>,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<AccessToken> {
  const request = {
    method: "POST",
    path: "",
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(form).toString(),
  } as const;
  try {
    const answer = await peer.request(request, signal);
    const said = recordIn(await answer.text());
    if (answer.status !== 200) throw refusal(answer, said?.error);
    const { access_token, expires_in } = said ?? {};
    // RFC 6750 2.1: what a token may consist of; anything else must not become a header.
    if (typeof access_token !== "string" || !/^[A-Za-z0-9._~+/-]+=*$/.test(access_token))
      throw new DestinationError("destination_bad_answer", "The archive gave no token.", true);
    const seconds = Number(expires_in ?? UNSAID_SECONDS);
    return { token: access_token, expiresInSeconds: seconds > 0 ? seconds : UNSAID_SECONDS };
  } catch (error) {
    if (!(error instanceof DestinationError)) throw error;
    const words = error.message.replace(/\b([Tt])he archive\b/g, "$1he sign-in service");
    throw new DestinationError(error.code, words, error.retryable, error.options);
  }
}

function refusal(answer: { readonly status: number; readonly headers: Headers }, reason: unknown): DestinationError {
  const fault = statusError(answer);
  if (fault.retryable) return fault;
  const said = typeof reason === "string" && known.test(reason) ? `, ${reason}` : "";
  const message = `The archive gives no token to this client (HTTP ${answer.status}${said}).`;
  return new DestinationError("destination_auth_failed", message, false);
}

function recordIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
