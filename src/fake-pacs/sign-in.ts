import type { BodySignature, FakePacsOptions } from "./behaviour.ts";
import type { SignInKind } from "./rules.ts";
import { checkSigV4, type SignedRequest } from "./sigv4-check.ts";
import { rehearsal, type TokenService, tokenService } from "./tokens.ts";

/** What the archive makes of who asks: the body behind its signature, or the refusal. */
export type SignInVerdict =
  | { readonly body: Buffer }
  | { readonly status: 401 | 403; readonly headers: Record<string, string>; readonly words: string };

export interface SignInCheck {
  readonly tokens: TokenService | null;
  check(request: SignedRequest): SignInVerdict;
}

const TOKEN_SECONDS = 3600;

/** The sign-in of a kind; a header that a test names counts in place of all others. */
export function signInCheck(kind: SignInKind, options: FakePacsOptions): SignInCheck {
  const life = {
    seconds: options.tokenSeconds ?? TOKEN_SECONDS,
    uses: options.tokenUses ?? Number.POSITIVE_INFINITY,
  };
  const tokens = kind === "client" || kind === "service-account" ? tokenService(kind, life) : null;
  return {
    tokens,
    check: (request) => {
      const { authorization } = request.headers;
      if (options.authorization !== undefined && authorization !== options.authorization) return unauthorized("");
      if (kind === "sigv4") {
        const verdict = checkSigV4(request, rehearsal, Date.now());
        const followed = options.signsBodies?.includes(bodySignature(request)) ?? true;
        if ("body" in verdict && (followed || request.body.length === 0)) return verdict;
        const name = "refused" in verdict ? verdict.refused : "InvalidSignatureException";
        return { status: 403, headers: { "x-amzn-errortype": name }, words: name };
      }
      // RFC 6750 3.1
      if (tokens !== null && !tokens.letsIn(authorization)) return unauthorized(', error="invalid_token"');
      return { body: request.body };
    },
  };
}

function bodySignature({ headers }: SignedRequest): BodySignature {
  if (!headers["x-amz-content-sha256"]?.startsWith("STREAMING-")) return "whole";
  return headers["content-encoding"] === "aws-chunked" ? "chunks" : "headers";
}

const unauthorized = (more: string): SignInVerdict => ({
  status: 401,
  headers: { "www-authenticate": `Bearer realm="fake"${more}` },
  words: "the sign-in is not accepted",
});
