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

type Payload = NonNullable<Config["payload"]>;
/**
 * In which order a streamed body is signed where nothing is configured. `headers`: signed headers, the body as it is, as HealthImaging's
 * own documentation has it; `whole`: read twice, its hash in the signature, which every AWS service takes; `chunks`: framed and signed as
 * published for S3. The first two cannot spoil an image where the archive does not know them; frames that nobody takes off would.
 */
const manners: readonly Payload[] = ["headers", "whole", "chunks"];
/** What AWS calls a signature that it does not follow. Other refusals (a throttle, a missing permission) are the same in any manner. */
const unfollowed = (status: number, headers: Headers): boolean => {
  const name = headers.get("x-amzn-errortype") ?? "";
  return [400, 401, 403, 411, 501].includes(status) && (name === "" ? status !== 400 : /signature/i.test(name));
};

/** AWS Signature Version 4. */
export function awsSigV4(config: Config, env: DestinationEnv): HttpAuth {
  let manner = 0;
  /** Which manner signed a request with a body; several are on their way at once. */
  const usedBy = new WeakMap<SignIn["headers"], number>();
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
      const used = manner;
      const payload = config.payload ?? manners[used] ?? "headers";
      const signed = await signedRequest(request, keys, session, { payload, at: Date.now() });
      if (typeof request.body === "object" && config.payload === undefined) usedBy.set(signed.headers, used);
      return signed;
    },
    refused: (signedBy, status, headers) => {
      const used = usedBy.get(signedBy);
      if (used === undefined || !unfollowed(status, headers)) return false;
      if (used === manner) manner = (manner + 1) % manners.length;
      return manner > used; // after the last one the first is the one to be told of
    },
  };
}

interface Manner {
  readonly payload: Payload;
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
