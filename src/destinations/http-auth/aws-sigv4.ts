import { createHash } from "node:crypto";
import type { AuthConfig } from "../../core/config-schema.ts";
import type { DestinationEnv } from "../env.ts";
import type { HttpBody } from "../http-peer.ts";
import type { HttpAuth, SignIn, UnsignedRequest } from "./http-auth.ts";
import { amzDate, EMPTY_HASH, type SigningKeys, sha256Hex, sign } from "./sigv4.ts";
import { chunkedLength, signedChunks } from "./sigv4-chunks.ts";

type Config = Extract<AuthConfig, { type: "aws-sigv4" }>;

const STREAMING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
/** What a proxy may change on the way is not signed. */
const signable = (name: string): boolean => /^(host|content-(type|encoding|length)|x-amz-.*)$/.test(name);

/** AWS Signature Version 4; of a streamed body each chunk is signed, its hash being unknown before it is sent. */
export function awsSigV4(config: Config, env: DestinationEnv): HttpAuth {
  return {
    signIn: async (request) => {
      const keys: SigningKeys = {
        accessKeyId: config.access_key_id,
        secretAccessKey: env.readSecret(config.secret_access_key),
        region: config.region,
        service: config.service ?? "medical-imaging",
      };
      const token = config.session_token === undefined ? undefined : env.readSecret(config.session_token);
      const session = token === undefined ? {} : { "x-amz-security-token": token };
      return signedRequest(request, keys, session, { payload: config.payload ?? "chunks", at: Date.now() });
    },
  };
}

interface Manner {
  /**
   * `chunks`: framed and signed as published; `headers`: the same headers, the body as it is, as in HealthImaging's own curl example;
   * `whole`: read twice, its hash in the signature.
   */
  readonly payload: "chunks" | "headers" | "whole";
  readonly at: number;
}

async function signedRequest(
  request: UnsignedRequest,
  keys: SigningKeys,
  session: SignIn["headers"],
  { payload, at }: Manner,
): Promise<SignIn> {
  const body = typeof request.body === "object" ? request.body : undefined;
  const streamed = body === undefined || payload === "whole" ? null : body;
  const framed = streamed !== null && payload === "chunks" ? streamed : null;
  const payloadHash = streamed === null ? await hashOf(request.body) : STREAMING;
  const added: Record<string, string> = {
    "x-amz-date": amzDate(at),
    "x-amz-content-sha256": payloadHash,
    ...session,
    ...(streamed === null ? {} : { "x-amz-decoded-content-length": String(streamed.length) }),
    ...(framed === null
      ? {}
      : { "content-encoding": "aws-chunked", "content-length": String(chunkedLength(framed.length)) }),
  };
  const all = new Headers(request.headers);
  for (const [name, value] of Object.entries(added)) all.set(name, value);
  const headers = new Map([...all].filter(([name]) => signable(name)));
  const signature = sign({ method: request.method, url: request.url, headers, payloadHash, at }, keys);
  return {
    headers: { ...added, authorization: signature.authorization },
    ...(framed === null ? {} : { body: signedChunks(framed, signature) }),
  };
}

async function hashOf(body: HttpBody | string | undefined): Promise<string> {
  if (body === undefined) return EMPTY_HASH;
  if (typeof body === "string") return sha256Hex(body);
  const hash = createHash("sha256");
  for await (const piece of body.pieces()) hash.update(piece);
  return hash.digest("hex");
}
