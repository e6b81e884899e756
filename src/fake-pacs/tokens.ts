import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, verify } from "node:crypto";

/** What a rehearsal signs in with. None of it is a secret. */
export const rehearsal = {
  clientId: "rehearsal",
  clientSecret: "rehearsal-secret",
  scope: "https://dicom.healthcareapis.azure.com/.default",
  accessKeyId: "AKIAREHEARSAL",
  secretAccessKey: "rehearsal-secret-access-key",
  region: "eu-central-1",
  service: "medical-imaging",
} as const;

const GOOGLE_SCOPES = /^https:\/\/www\.googleapis\.com\/auth\/cloud-(healthcare|platform)$/;
const ASSERTION_SECONDS = 3600;

interface Refusal {
  readonly status: 400 | 401;
  readonly error: string;
}

export interface TokenService {
  /** RFC 6749 5.1 or 5.2. */
  answer(
    form: URLSearchParams,
    authorization: string | undefined,
    endpoint: string,
  ): { readonly status: number; readonly body: object };
  /** Whether an Authorization header holds a token that is still good. */
  letsIn(authorization: string | undefined): boolean;
  readonly issued: number;
  /** The JSON file of a service account, for this endpoint. */
  keyFile(endpoint: string): string;
}

/** A token endpoint of the kind Azure and Google have. Its tokens are good for a time, or for so many requests. */
export function tokenService(
  accepts: "client" | "service-account",
  { seconds, uses }: { readonly seconds: number; readonly uses: number },
): TokenService {
  const tokens = new Map<string, { readonly until: number; left: number }>();
  const keys =
    accepts === "service-account"
      ? generateKeyPairSync("rsa", {
          modulusLength: 2048,
          publicKeyEncoding: { type: "spki", format: "pem" },
          privateKeyEncoding: { type: "pkcs8", format: "pem" },
        })
      : null;

  function refusal(form: URLSearchParams, authorization: string | undefined, endpoint: string): Refusal | null {
    const grant = form.get("grant_type");
    if (keys !== null) {
      if (grant !== "urn:ietf:params:oauth:grant-type:jwt-bearer")
        return { status: 400, error: "unsupported_grant_type" };
      const fault = assertionFault(form.get("assertion") ?? "", createPublicKey(keys.publicKey), endpoint);
      return fault === null ? null : { status: 400, error: fault };
    }
    if (grant !== "client_credentials") return { status: 400, error: "unsupported_grant_type" };
    const basic = /^Basic (.+)$/.exec(authorization ?? "")?.[1];
    const [id, secret] =
      basic === undefined
        ? [form.get("client_id"), form.get("client_secret")]
        : Buffer.from(basic, "base64").toString().split(":").map(decodeURIComponent);
    if (id !== rehearsal.clientId || secret !== rehearsal.clientSecret) return { status: 401, error: "invalid_client" };
    return form.get("scope") === rehearsal.scope ? null : { status: 400, error: "invalid_scope" };
  }

  let issued = 0;
  return {
    answer: (form, authorization, endpoint) => {
      const refused = refusal(form, authorization, endpoint);
      if (refused !== null) return { status: refused.status, body: { error: refused.error } };
      const token = randomBytes(24).toString("base64url");
      tokens.set(token, { until: performance.now() + seconds * 1000, left: uses });
      issued += 1;
      return { status: 200, body: { access_token: token, token_type: "Bearer", expires_in: seconds } };
    },
    letsIn: (authorization) => {
      const known = tokens.get(/^Bearer (.+)$/.exec(authorization ?? "")?.[1] ?? "");
      if (known === undefined || known.until <= performance.now() || known.left <= 0) return false;
      known.left -= 1;
      return true;
    },
    get issued() {
      return issued;
    },
    keyFile: (endpoint) =>
      JSON.stringify({
        type: "service_account",
        client_email: "rehearsal@fake-pacs.invalid",
        private_key_id: "rehearsal",
        private_key: keys?.privateKey ?? "",
        token_uri: endpoint,
      }),
  };
}

/** RFC 7523 3, as Google's server holds it. Null where nothing is wrong. */
function assertionFault(jwt: string, publicKey: KeyObject, endpoint: string): string | null {
  const [head = "", claims = "", signature = ""] = jwt.split(".");
  const good = verify("sha256", Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, "base64url"));
  const said = good ? (JSON.parse(Buffer.from(claims, "base64url").toString()) as Record<string, unknown>) : null;
  if (said === null) return "invalid_grant";
  const { alg } = JSON.parse(Buffer.from(head, "base64url").toString()) as { alg?: unknown };
  const [iat, exp, now] = [Number(said.iat), Number(said.exp), Date.now() / 1000];
  const timely = iat <= now + 60 && exp > now && exp - iat <= ASSERTION_SECONDS;
  const named = said.iss === "rehearsal@fake-pacs.invalid" && said.aud === endpoint && alg === "RS256";
  if (!timely || !named) return "invalid_grant";
  return GOOGLE_SCOPES.test(String(said.scope)) ? null : "invalid_scope";
}
