import { importPKCS8, SignJWT } from "jose";
import type { AuthConfig } from "../../core/config-schema.ts";
import { DestinationError } from "../destination.ts";
import type { DestinationEnv } from "../env.ts";
import type { HttpAuth, PeerAt } from "./http-auth.ts";
import { tokenAuth } from "./token-cache.ts";
import { requestToken } from "./token-endpoint.ts";

type Config = Extract<AuthConfig, { type: "google-service-account" }>;

const SCOPE = "https://www.googleapis.com/auth/cloud-healthcare";
const TOKEN_URL = "https://oauth2.googleapis.com/token";
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

interface ServiceAccountKey {
  readonly email: string;
  readonly keyId: string | undefined;
  /** PKCS #8, PEM. */
  readonly privateKey: string;
  readonly tokenUrl: string;
}

/** A service account's key signs an assertion, which the token endpoint exchanges for an access token (RFC 7523 2.1). */
export function googleServiceAccount(config: Config, env: DestinationEnv, peerAt: PeerAt): HttpAuth {
  return tokenAuth(async (signal) => {
    const key = keyIn(env.readSecret(config.key));
    const assertion = await signedAssertion(key, config.scope ?? SCOPE);
    return requestToken(peerAt(key.tokenUrl, config.tls), { grant_type: JWT_BEARER, assertion }, signal);
  });
}

async function signedAssertion(key: ServiceAccountKey, scope: string): Promise<string> {
  const privateKey = await importPKCS8(key.privateKey, "RS256").catch((cause: unknown) => {
    throw unusable(cause);
  });
  return new SignJWT({ scope })
    .setProtectedHeader({ alg: "RS256", typ: "JWT", ...(key.keyId === undefined ? {} : { kid: key.keyId }) })
    .setIssuer(key.email)
    .setAudience(key.tokenUrl)
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(privateKey);
}

/** The JSON file that Google Cloud gives for a service account. @throws DestinationError, without a word of the file */
function keyIn(text: string): ServiceAccountKey {
  let file: Readonly<Record<string, unknown>>;
  try {
    file = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw unusable();
  }
  const { client_email, private_key, private_key_id, token_uri = TOKEN_URL } = file ?? {};
  if (typeof client_email !== "string" || typeof private_key !== "string") throw unusable();
  if (typeof token_uri !== "string" || !/^https?:\/\//.test(token_uri)) throw unusable();
  const keyId = typeof private_key_id === "string" ? private_key_id : undefined;
  return { email: client_email, keyId, privateKey: private_key, tokenUrl: token_uri };
}

/** No cause but the library's: a parser's message repeats what it read. */
const unusable = (cause?: unknown): DestinationError =>
  new DestinationError(
    "destination_auth_failed",
    "The service account's key file is not one that can be used.",
    false,
    {
      cause,
    },
  );
