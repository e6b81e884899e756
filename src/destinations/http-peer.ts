import { statSync } from "node:fs";
import type { AuthConfig, ClientTlsConfig } from "../core/config-schema.ts";
import { DestinationError } from "./destination.ts";
import type { DestinationEnv } from "./env.ts";
import type { SignIn } from "./http-auth/http-auth.ts";
import { httpAuth } from "./http-auth/index.ts";
import { pinnedTargets } from "./pinned-target.ts";
import { tlsFiles } from "./tls-files.ts";
import { timeoutError, transportError } from "./transport-errors.ts";
import { type Watchdog, watchdog } from "./watchdog.ts";

const DEFAULT_TIMEOUT_SECONDS = 300;
/** A token endpoint answers in a moment, or is down. */
const TOKEN_TIMEOUT_SECONDS = 30;
/**
 * Up to here a body is read before it is sent, which costs less than streaming it. How it moves cannot be seen then: a line that is
 * only just fast enough must not look dead, so with a short time-out less goes as a whole.
 */
const WHOLE_BODY_BYTES = 1_100_000;
const LEAST_BYTES_PER_SECOND = 16_000;
const DEFAULT_ANSWER_BYTES = 16 * 1024 * 1024;

interface HttpConfig {
  readonly url: string;
  readonly auth?: AuthConfig;
  readonly tls?: ClientTlsConfig;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeout_seconds?: number;
}

/** A body that can be sent again. */
export interface HttpBody {
  readonly length: number;
  readonly pieces: () => AsyncGenerator<Uint8Array>;
  /** Where all of it lies as one file: the kernel can send that by itself. */
  readonly path?: string;
}

export interface HttpRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below the configured address, with its leading slash and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpBody | string;
}

/** An answer whose body has not been read yet; exactly one of `text`, `pieces`, `discard` is to be used. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** @throws DestinationError destination_bad_answer when it is longer than the cap. */
  text(): Promise<string>;
  pieces(): AsyncGenerator<Uint8Array>;
  discard(): Promise<void>;
}

export interface HttpPeer {
  readonly secure: boolean;
  /**
   * One request; signed in afresh once when the answer is 401, and in another manner where there is one. No redirect is followed.
   * @throws DestinationError when the transport fails or nothing moves for timeout_seconds; the signal's reason.
   */
  request(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
}

/** The HTTP side of a destination: address, sign-in, own CA, time-outs reset by progress. */
export function httpPeer(config: HttpConfig, env: DestinationEnv): HttpPeer {
  const base = config.url.replace(/\/+$/, "");
  const secure = base.startsWith("https:");
  const tokenPeer = (url: string, tls?: ClientTlsConfig): HttpPeer =>
    httpPeer({ url, timeout_seconds: TOKEN_TIMEOUT_SECONDS, ...(tls === undefined ? {} : { tls }) }, env);
  const auth = httpAuth(config.auth, env, tokenPeer);
  const targets = pinnedTargets(base, env.resolve, env.fromFile);
  const seconds = config.timeout_seconds ?? DEFAULT_TIMEOUT_SECONDS;
  const cap = env.maxAnswerBytes ?? DEFAULT_ANSWER_BYTES;
  const mostAsWhole = Math.min(WHOLE_BODY_BYTES, seconds * LEAST_BYTES_PER_SECOND);

  /** @param refused the headers that were answered with 401 @param signedIn told what this attempt is signed in with */
  async function attempt(
    request: HttpRequest,
    signal: AbortSignal,
    signedIn: SignedIn,
    refused: SignIn["headers"] | null = null,
  ): Promise<HttpAnswer> {
    const url = base + request.path;
    const length = typeof request.body === "object" ? { "content-length": String(request.body.length) } : {};
    const unsigned = mergedHeaders(config.headers, request.headers, length);
    const signIn = await auth.signIn({ ...request, body: request.body, url, headers: unsigned }, signal, refused);
    signedIn.headers = signIn.headers;
    const sent = signIn.body ?? request.body;
    const dog = watchdog(seconds * 1000);
    const both = AbortSignal.any([signal, dog.signal]);
    const body = typeof sent === "object" ? guardedBody(sent, dog) : undefined;
    const fault = (error: unknown) => {
      dog.stop();
      if (signal.aborted) return signal.reason;
      return dog.signal.aborted ? timeoutError(seconds) : (body?.fault() ?? transportError(error));
    };
    try {
      const target = await targets.of(url, both);
      const whole = typeof sent === "object" && sent.length <= mostAsWhole;
      const file = whole && !secure ? fileOf(sent) : null;
      const content = body === undefined ? sent : (file ?? (whole ? await collected(body.pieces) : body.pieces));
      const response = await fetch(target.url, {
        method: request.method,
        headers: mergedHeaders(Object.fromEntries(unsigned), signIn.headers, target.headers),
        redirect: "manual",
        signal: both,
        ...(config.tls === undefined && !target.tls ? {} : { tls: { ...tlsFiles(config.tls ?? {}), ...target.tls } }),
        // The watchdog alone decides; a body that cannot be replayed by the client must not meet a stale connection.
        timeout: false,
        keepalive: body === undefined,
        ...(content === undefined ? {} : { body: content }),
      } as BunFetchRequestInit);
      dog.poke();
      return answerOf(response, { dog, fault, cap, seconds });
    } catch (error) {
      targets.failed();
      throw fault(error);
    } finally {
      await body?.close();
    }
  }

  return {
    secure,
    request: async (request, signal) => {
      signal.throwIfAborted();
      const signedIn: SignedIn = { headers: {} };
      let first = await attempt(request, signal, signedIn).catch(async (error: unknown) => {
        // A proxy may close a kept connection just as it is used again (PACS-FACTS rule 6): that refuses no sign-in.
        if (request.method !== "GET" || !(error instanceof DestinationError) || !wasClosed(error)) throw error;
        return attempt(request, signal, signedIn);
      });
      if (first.status === 401) {
        await first.discard();
        first = await attempt(request, signal, signedIn, signedIn.headers);
      }
      while (first.status >= 400 && auth.refused?.(signedIn.headers, first.status, first.headers)) {
        await first.discard();
        first = await attempt(request, signal, signedIn);
      }
      return first;
    },
  };
}

/** The headers that signed the last attempt in: those that a 401 refuses. */
interface SignedIn {
  headers: SignIn["headers"];
}

/** Later ones win, whatever the case of their names: no configured header replaces one of ours. */
function mergedHeaders(...sets: (Readonly<Record<string, string>> | undefined)[]): Headers {
  const merged = new Headers();
  for (const [name, value] of sets.flatMap((set) => Object.entries(set ?? {}))) merged.set(name, value);
  return merged;
}

const wasClosed = (error: DestinationError): boolean => {
  const cause = error.options.cause;
  return (
    cause instanceof Error &&
    "code" in cause &&
    ["ECONNRESET", "ConnectionClosed", "EPIPE"].includes(String(cause.code))
  );
};

/** The body as a file for sendfile(2); null where it is none, or not as long as it should be: its reader has the words for that. */
function fileOf(body: HttpBody | string | undefined) {
  if (typeof body !== "object" || body.path === undefined) return null;
  const size = statSync(body.path, { throwIfNoEntry: false })?.size;
  return size === body.length && size > 0 ? Bun.file(body.path) : null;
}

async function collected(pieces: AsyncGenerator<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return all.length === 1 ? (all[0] as Uint8Array) : Buffer.concat(all);
}

/** A request body that pokes the watchdog, remembers its own error, and closes its file however the request ends. */
function guardedBody(body: HttpBody, dog: Watchdog) {
  const source = body.pieces();
  let failed: unknown = null;
  async function* pieces() {
    try {
      for await (const piece of source) {
        dog.poke();
        yield piece;
      }
    } catch (error) {
      failed = error;
      throw error;
    }
  }
  return { pieces: pieces(), fault: () => failed, close: () => source.return(undefined).catch(() => undefined) };
}

interface Reading {
  readonly dog: Watchdog;
  readonly fault: (error: unknown) => unknown;
  readonly cap: number;
  readonly seconds: number;
}

function answerOf(response: Response, { dog, fault, cap, seconds }: Reading): HttpAnswer {
  async function* pieces() {
    try {
      for await (const piece of response.body ?? []) {
        dog.poke();
        yield piece as Uint8Array;
      }
    } catch (error) {
      throw fault(error);
    } finally {
      dog.stop();
    }
  }
  return {
    status: response.status,
    headers: response.headers,
    pieces,
    discard: async () => {
      dog.stop();
      await response.body?.cancel().catch(() => undefined);
    },
    text: async () => {
      // An answer that trickles for ever would keep the watchdog quiet: the whole of it has the same time.
      const deadline = performance.now() + seconds * 1000;
      const read: Uint8Array[] = [];
      let size = 0;
      for await (const piece of pieces()) {
        size += piece.length;
        if (size > cap) {
          throw new DestinationError("destination_bad_answer", "The archive's answer is too long to be read.", true);
        }
        if (performance.now() > deadline) throw timeoutError(seconds);
        read.push(piece);
      }
      return Buffer.concat(read).toString("utf8");
    },
  };
}
