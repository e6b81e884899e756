import type { AuthConfig } from "../../core/config-schema.ts";
import type { DestinationEnv } from "../env.ts";
import type { HttpAuth, PeerAt } from "./http-auth.ts";
import { tokenAuth } from "./token-cache.ts";
import { requestToken } from "./token-endpoint.ts";

type Config = Extract<AuthConfig, { type: "oauth2-client" }>;

/** OAuth 2.0 client credentials (RFC 6749 4.4): Azure's Entra ID, Keycloak before a dcm4chee. */
export function oauth2Client(config: Config, env: DestinationEnv, peerAt: PeerAt): HttpAuth {
  const peer = peerAt(config.token_url, config.tls);
  return tokenAuth((signal) => {
    const secret = env.readSecret(config.client_secret);
    const scope = config.scope === undefined ? {} : { scope: config.scope };
    // RFC 6749 2.3.1 leaves both to the server; the form is what Entra ID documents, the header what others insist on.
    const inForm = config.client_in === "header" ? {} : { client_id: config.client_id, client_secret: secret };
    const headers = config.client_in === "header" ? basicOf(config.client_id, secret) : {};
    return requestToken(peer, { grant_type: "client_credentials", ...inForm, ...scope }, signal, headers);
  });
}

/** RFC 6749 2.3.1: both are form-encoded before they become a Basic header. */
function basicOf(id: string, secret: string): { readonly authorization: string } {
  const encoded = [id, secret].map((text) => new URLSearchParams({ "": text }).toString().slice(1)).join(":");
  return { authorization: `Basic ${Buffer.from(encoded).toString("base64")}` };
}
