import { createHash } from "node:crypto";
import { RelayError } from "../core/errors.ts";

/** What a chunk request says about its body, parsed from its headers. */
export interface BodyHeaders {
  readonly gzip: boolean;
  /** Expected digests over the bytes as sent. */
  readonly digests: readonly { readonly algorithm: "sha256" | "md5"; readonly base64: string }[];
}

/** RFC 9530 names → node's. Others are ignored, as §4 asks of a recipient that does not know them. */
const digestAlgorithms = { "sha-256": "sha256", md5: "md5" } as const;

/** @throws RelayError unsupported_encoding, digest_mismatch (a digest that cannot be one) */
export function parseBodyHeaders(headers: Headers): BodyHeaders {
  const encoding = headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  if (!["", "identity", "gzip", "x-gzip"].includes(encoding)) throw new RelayError("unsupported_encoding");
  const digests: { algorithm: "sha256" | "md5"; base64: string }[] = [];
  for (const member of (headers.get("content-digest") ?? "").split(",")) {
    const match = /^\s*([a-z0-9-]+)\s*=\s*:([A-Za-z0-9+/=]*):\s*$/i.exec(member);
    if (!match) {
      if (member.trim() !== "") throw new RelayError("digest_mismatch", "The Content-Digest header could not be read.");
      continue;
    }
    const algorithm = digestAlgorithms[match[1]?.toLowerCase() as keyof typeof digestAlgorithms];
    if (algorithm) digests.push({ algorithm, base64: match[2] ?? "" });
  }
  const md5 = headers.get("content-md5");
  if (md5 !== null) digests.push({ algorithm: "md5", base64: md5.trim() });
  return { gzip: encoding.endsWith("gzip"), digests };
}

export interface BodyOptions {
  readonly headers: BodyHeaders;
  /** Most decoded bytes to accept, and what is said to more. */
  readonly maxBytes: number;
  readonly tooLong: () => RelayError;
  /** A body that moves less than 12 kB in this time is cut. */
  readonly idleSeconds: number;
  readonly signal: AbortSignal;
  /** Called with every decoded piece, in order. */
  readonly write: (piece: Uint8Array) => void;
}

const leastBytesPerWindow = 12_000;

/**
 * Streams a request body through hashing (and gunzip) to `write`.
 * @returns decoded bytes and their SHA-256
 * @throws RelayError tooLong past maxBytes, digest_mismatch, encoding_invalid, request_timeout
 */
export async function readBody(body: ReadableStream<Uint8Array> | null, options: BodyOptions) {
  const { headers, maxBytes, write } = options;
  const decodedHash = createHash("sha256");
  // Bytes that are not packed are hashed once: what was sent is what was decoded.
  const asSent = headers.digests.map(({ algorithm }) =>
    algorithm === "sha256" && !headers.gzip ? null : createHash(algorithm),
  );
  let decoded = 0;
  let moved = 0;
  let aborted: RelayError | undefined;

  const countSent = (piece: Uint8Array) => {
    moved += piece.length;
    for (const hash of asSent) hash?.update(piece);
  };
  const sent = (body ?? new Blob([]).stream()) as ReadableStream<Uint8Array>;
  const reader = (headers.gzip ? decompressed(sent, countSent) : sent).getReader();

  const stop = (error: RelayError) => {
    aborted ??= error;
    reader.cancel().catch(() => {});
  };
  const watchdog = setInterval(() => {
    if (moved < leastBytesPerWindow) stop(new RelayError("request_timeout"));
    moved = 0;
  }, options.idleSeconds * 1000);
  const onAbort = () => {
    const { reason } = options.signal;
    stop(
      reason instanceof RelayError
        ? reason
        : new RelayError("service_unavailable", undefined, { retryAfterSeconds: 1 }),
    );
  };
  options.signal.addEventListener("abort", onAbort);
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        if (aborted) throw aborted;
        if (headers.gzip && !options.signal.aborted)
          throw new RelayError("encoding_invalid", undefined, { cause: error });
        throw new RelayError("request_timeout", "The connection ended before the piece was complete.", {
          cause: error,
        });
      });
      if (aborted) throw aborted;
      if (done) break;
      if (!headers.gzip) countSent(value);
      decoded += value.length;
      if (decoded > maxBytes) {
        const error = options.tooLong();
        stop(error);
        throw error;
      }
      decodedHash.update(value);
      write(value);
    }
  } finally {
    clearInterval(watchdog);
    options.signal.removeEventListener("abort", onAbort);
  }
  const sha256 = decodedHash.digest();
  headers.digests.forEach(({ base64 }, index) => {
    if ((asSent[index]?.digest() ?? sha256).toString("base64") !== base64) throw new RelayError("digest_mismatch");
  });
  return { decodedBytes: decoded, sha256 };
}

/** Gunzips a body; what passes is counted before it is decoded. */
function decompressed(
  body: ReadableStream<Uint8Array>,
  count: (piece: Uint8Array) => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const counted = new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
    transform(piece, controller) {
      count(piece);
      controller.enqueue(piece as Uint8Array<ArrayBuffer>);
    },
  });
  return body.pipeThrough(counted).pipeThrough(new DecompressionStream("gzip"));
}
