import { createHash, createHmac } from "node:crypto";

/** What only the owner of these may sign. */
export interface SigV4Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
  readonly sessionToken?: string;
}

export interface SignedRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** The body behind its signatures, or why it is refused: the name that AWS gives the error. */
export type SigV4Verdict = { readonly body: Buffer } | { readonly refused: string };

const STREAMING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const SKEW_MS = 15 * 60_000;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/([^/,]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;
const refused = (name: string): SigV4Verdict => ({ refused: name });
const hash = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const mac = (key: string | Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest();

/** Holds a request against its signature, and every chunk of a streamed body against its own. @param now milliseconds since 1970 */
export function checkSigV4(request: SignedRequest, keys: SigV4Keys, now: number): SigV4Verdict {
  const { headers, method, target, body } = request;
  const found = AUTHORIZATION.exec(headers.authorization ?? "");
  if (found === null) return refused("MissingAuthenticationTokenException");
  const [, id, day = "", region, service, names = "", signature = ""] = found;
  if (id !== keys.accessKeyId) return refused("UnrecognizedClientException");
  const date = headers["x-amz-date"] ?? "";
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (!date.startsWith(day) || !(Math.abs(now - at) <= SKEW_MS)) return refused("RequestTimeTooSkewedException");
  if (region !== keys.region || service !== keys.service) return refused("InvalidSignatureException");
  if (keys.sessionToken !== undefined && headers["x-amz-security-token"] !== keys.sessionToken)
    return refused("UnrecognizedClientException");
  const signed = names.split(";");
  const musts = Object.keys(headers).filter((name) => name === "host" || name.startsWith("x-amz-"));
  if (musts.some((name) => !signed.includes(name))) return refused("InvalidSignatureException");
  // S3 alone insists on the header; without it the hash of the body stands in its place.
  const payload = headers["x-amz-content-sha256"] ?? hash(body);
  if (payload !== STREAMING && payload !== hash(body)) return refused("InvalidSignatureException");

  const [path = "", query = ""] = target.split("?", 2);
  const canonical = [
    method,
    path.split("/").map(strict).join("/"),
    query.split("&").filter(Boolean).map(pair).sort(byPair).map(joined).join("&"),
    ...signed.map((name) => `${name}:${(headers[name] ?? "").trim().replace(/ +/g, " ")}`),
    "",
    names,
    payload,
  ].join("\n");
  const scope = `${day}/${region}/${service}/aws4_request`;
  const key = [day, region, service, "aws4_request"].reduce<string | Buffer>(
    (so, step) => mac(so, step),
    `AWS4${keys.secretAccessKey}`,
  );
  const sign = (lines: readonly string[]) => mac(key, lines.join("\n")).toString("hex");
  if (sign(["AWS4-HMAC-SHA256", date, scope, hash(canonical)]) !== signature)
    return refused("InvalidSignatureException");
  if (payload !== STREAMING) return { body };
  const length = headers["x-amz-decoded-content-length"];
  // AWS's own curl example for HealthImaging signs these headers and sends the body without frames.
  const plain = headers["content-encoding"] === "aws-chunked" ? unframed(body, signature) : body;
  return plain === null || length !== String(plain.length) ? refused("InvalidSignatureException") : { body: plain };

  /** Null where a frame is broken or its signature is wrong. */
  function unframed(framed: Buffer, seed: string): Buffer | null {
    const chunks: Buffer[] = [];
    let before = seed;
    for (let from = 0; ; ) {
      const end = framed.indexOf("\r\n", from);
      const head = /^([0-9a-f]{1,8});chunk-signature=([0-9a-f]{64})$/.exec(framed.toString("latin1", from, end));
      if (end < 0 || head === null) return null;
      const size = Number.parseInt(head[1] ?? "", 16);
      const chunk = framed.subarray(end + 2, end + 2 + size);
      const parts = ["AWS4-HMAC-SHA256-PAYLOAD", date, scope, before, hash(""), hash(chunk)];
      from = end + 2 + size + 2;
      if (sign(parts) !== head[2] || framed.toString("latin1", from - 2, from) !== "\r\n") return null;
      if (size === 0) return from === framed.length ? Buffer.concat(chunks) : null;
      before = head[2] ?? "";
      chunks.push(chunk);
    }
  }
}

/** Everything but RFC 3986's unreserved characters. */
const strict = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9._~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
const plainText = (text: string): string => decodeURIComponent(text.replaceAll("+", " "));
const pair = (text: string): readonly [string, string] => {
  const [name = "", value = ""] = text.split("=", 2);
  return [strict(plainText(name)), strict(plainText(value))];
};
const joined = ([name, value]: readonly [string, string]): string => `${name}=${value}`;
const byPair = (a: readonly [string, string], b: readonly [string, string]): number => (joined(a) < joined(b) ? -1 : 1);
