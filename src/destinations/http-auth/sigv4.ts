import { createHash, createHmac } from "node:crypto";

/** Who signs, and for what. */
export interface SigningKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
}

export interface RequestToSign {
  readonly method: string;
  readonly url: string;
  /** Those that are to be signed; `host` is added. */
  readonly headers: ReadonlyMap<string, string>;
  /** Hex SHA-256 of the body, or the word that stands for it. */
  readonly payloadHash: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A signature with what the signatures of following chunks are made from. */
export interface Signature {
  readonly authorization: string;
  readonly signature: string;
  /** Signs the next chunk over the signature before it (S3 API Reference, "sigv4-streaming"). */
  readonly signChunk: (chunk: Uint8Array, before: string) => string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
export const EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
export const sha256Hex = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Uint8Array, data: string) => createHmac("sha256", key).update(data).digest();

/** "20130524T000000Z" */
export const amzDate = (at: number): string => new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, "");

/** AWS Signature Version 4 (IAM User Guide, "Create a signed AWS API request"). Pure. */
export function sign(request: RequestToSign, keys: SigningKeys): Signature {
  const date = amzDate(request.at);
  const day = date.slice(0, 8);
  const scope = `${day}/${keys.region}/${keys.service}/aws4_request`;
  const key = [keys.region, keys.service, "aws4_request"].reduce(hmac, hmac(`AWS4${keys.secretAccessKey}`, day));
  const { text, signedHeaders } = canonicalRequest(request, keys.service);
  const of = (lines: readonly string[]) => hmac(key, lines.join("\n")).toString("hex");
  const signature = of([ALGORITHM, date, scope, sha256Hex(text)]);
  const credential = `${keys.accessKeyId}/${scope}`;
  return {
    signature,
    authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
    signChunk: (chunk, before) => of([`${ALGORITHM}-PAYLOAD`, date, scope, before, EMPTY_HASH, sha256Hex(chunk)]),
  };
}

function canonicalRequest({ method, url, headers, payloadHash }: RequestToSign, service: string) {
  const { host, pathname, search } = new URL(url);
  const all = [...new Map([...headers, ["host", host]])]
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/ +/g, " ")] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const signedHeaders = all.map(([name]) => name).join(";");
  const lines = [
    method,
    canonicalPath(pathname, service),
    canonicalQuery(search),
    ...all.map(([name, value]) => `${name}:${value}`),
    "",
    signedHeaders,
    payloadHash,
  ];
  return { text: lines.join("\n"), signedHeaders };
}

/** RFC 3986 unreserved characters stay, all else is percent-encoded. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** Each segment is encoded as it goes over the wire, and once more for every service but S3. */
const canonicalPath = (pathname: string, service: string): string =>
  pathname
    .split("/")
    .map((segment) => (service === "s3" ? encoded(decodeURIComponent(segment)) : encoded(segment)))
    .join("/");

const canonicalQuery = (search: string): string =>
  [...new URLSearchParams(search)]
    .map(([name, value]) => [encoded(name), encoded(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
