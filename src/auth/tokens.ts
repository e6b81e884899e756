import { errors, jwtVerify, SignJWT } from "jose";
import type { Role } from "../contract/permissions.ts";
import { RelayError } from "../core/errors.ts";
import type { Keys } from "./keys.ts";

/** Who a valid token speaks for. */
export type TokenClaims = {
  readonly userId: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
} & (
  | { readonly kind: "access"; readonly sessionId: string; readonly role: Role }
  | { readonly kind: "upload"; readonly uploadId: string }
  /** Of a QR session; the user is who invited. */
  | { readonly kind: "guest"; readonly invitationId: string }
);

const issuer = "relaypacs";
/** One `typ` and `aud` per kind: a token of one kind is never taken for another (RFC 8725 §3.11, §3.12). */
const types = {
  access: "relaypacs-access+jwt",
  upload: "relaypacs-upload+jwt",
  guest: "relaypacs-guest+jwt",
} as const;
const claimsOf = { access: ["role", "sid"], upload: ["upload_id"], guest: ["invitation_id"] } as const;

/** Tokens whose signature was checked already; a study of 2 000 files shows the same one 2 000 times. */
const mostRemembered = 1000;

export interface Tokens {
  access(user: { id: string; role: Role }, sessionId: string, seconds: number): Promise<string>;
  upload(userId: string, uploadId: string, seconds: number): Promise<string>;
  /** The same whenever it is asked for. @param from @param until milliseconds since 1970 */
  guest(userId: string, invitationId: string, from: number, until: number): Promise<string>;
  /** @throws RelayError unauthorized; token_expired for an upload token that was good once */
  verify(token: string): Promise<TokenClaims>;
}

export function createTokens(keys: Keys): Tokens {
  const verified = new Map<string, TokenClaims>();
  const signBetween = async (
    kind: keyof typeof types,
    subject: string,
    claims: Record<string, string>,
    [from, until]: readonly [from: number, until: number],
    id: string,
  ) => {
    const { kid, privateKey } = await keys.signing.current();
    return new SignJWT(claims)
      .setProtectedHeader({ alg: "EdDSA", typ: types[kind], kid })
      .setIssuer(issuer)
      .setAudience(kind)
      .setSubject(subject)
      .setIssuedAt(Math.floor(from / 1000))
      .setExpirationTime(Math.floor(until / 1000))
      .setJti(id)
      .sign(privateKey);
  };
  const sign = (kind: keyof typeof types, subject: string, claims: Record<string, string>, seconds: number) =>
    signBetween(kind, subject, claims, [Date.now(), Date.now() + seconds * 1000], crypto.randomUUID());

  /** Out of the box's own ring alone: keys that a token brings along or points to (jwk, jku, x5c) are not looked at. */
  const keyFor = async ({ kid }: { kid?: string }): Promise<CryptoKey> => {
    const key = typeof kid === "string" ? await keys.signing.find(kid) : undefined;
    if (!key) throw new RelayError("unauthorized");
    return key;
  };

  return {
    access: (user, sessionId, seconds) => sign("access", user.id, { role: user.role, sid: sessionId }, seconds),
    upload: (userId, uploadId, seconds) => sign("upload", userId, { upload_id: uploadId }, seconds),
    guest: (userId, invitationId, from, until) =>
      signBetween("guest", userId, { invitation_id: invitationId }, [from, until], invitationId),
    verify: async (token) => {
      const known = verified.get(token);
      if (known !== undefined && known.expiresAt > Date.now()) return known;
      verified.delete(token);
      const kind = kindOf(token);
      const { payload } = await jwtVerify(token, keyFor, {
        algorithms: ["EdDSA"],
        issuer,
        audience: kind,
        typ: types[kind],
        requiredClaims: ["sub", "exp", ...claimsOf[kind]],
      }).catch((error: unknown) => {
        const expired = error instanceof errors.JWTExpired && kind === "upload";
        throw new RelayError(expired ? "token_expired" : "unauthorized", undefined, { cause: error });
      });
      const said = { userId: String(payload.sub), expiresAt: Number(payload.exp) * 1000 };
      const claims: TokenClaims =
        kind === "access"
          ? { ...said, kind, sessionId: String(payload.sid), role: payload.role as Role }
          : kind === "upload"
            ? { ...said, kind, uploadId: String(payload.upload_id) }
            : { ...said, kind, invitationId: String(payload.invitation_id) };
      const [oldest] = verified.keys();
      if (verified.size >= mostRemembered && oldest !== undefined) verified.delete(oldest);
      verified.set(token, claims);
      return claims;
    },
  };
}

const kinds = ["access", "upload", "guest"] as const;
/** The kind a token claims to be; only says which rules it is held against. */
function kindOf(token: string): keyof typeof types {
  try {
    const header = JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()) as { typ?: unknown };
    return kinds.find((kind) => header.typ === types[kind]) ?? "access";
  } catch {
    throw new RelayError("unauthorized");
  }
}
