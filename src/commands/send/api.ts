import type { Static, TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

/** The server's own refusal (RFC 9457). */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly body: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
  }
}
/** No answer: the network, or a server that went away. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
}
/** No answer in the time the request was given: too much for this line, or nobody there. */
export class TimedOut extends NetworkError {}

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly token?: string;
  readonly json?: unknown;
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** How often it is tried in all where nothing answers; default 8 (about a minute). */
  readonly attempts?: number;
}

export interface Api {
  /** Sends, tries again what may pass by itself, and reads the answer as the schema says. @throws ApiError | NetworkError */
  call<T extends TSchema>(request: ApiRequest, schema: T): Promise<Static<T>>;
}

export interface Waiting {
  sleep(ms: number): Promise<void>;
  /** Told before a wait; for people. */
  waiting?(reason: string, ms: number): void;
}

/** How often a request is tried: a busy server comes back, one that met an error of its own seldom does. */
function triesFor(error: unknown, request: ApiRequest): number {
  if (error instanceof TimedOut && request.bytes !== undefined) return 1; // the same bytes again meet the same line
  if (error instanceof NetworkError) return request.attempts ?? 8;
  if (!(error instanceof ApiError)) return 1;
  if (error.status === 429 || error.status > 500) return 30;
  return error.status === 500 ? 4 : 1;
}

/** Doubling from half a second to 15 s, with jitter so that many clients do not come back at once. */
const backoff = (attempt: number) => Math.min(15_000, 500 * 2 ** attempt) * (0.5 + Math.random() / 2);

/** What Retry-After asks for, in ms; seconds alone, as this server gives them. */
const retryAfter = (error: unknown) => (error instanceof ApiError ? Number(error.body.retry_after_ms ?? 0) : 0);

/** Another service, or another version: trying again changes nothing. */
const notReadable = (detail: string) => new ApiError(400, "answer_not_readable", detail);

async function once(base: string, request: ApiRequest): Promise<unknown> {
  const headers: Record<string, string> = { accept: "application/json", ...request.headers };
  if (request.token !== undefined) headers.authorization = `Bearer ${request.token}`;
  if (request.json !== undefined) headers["content-type"] = "application/json";
  if (request.bytes !== undefined) headers["content-type"] = "application/octet-stream";
  let response: Response;
  let text: string;
  try {
    response = await fetch(base + request.path, {
      method: request.method,
      headers,
      body: request.bytes ?? (request.json === undefined ? null : JSON.stringify(request.json)),
      redirect: "error",
      signal: AbortSignal.timeout(request.timeoutMs ?? 90_000),
    });
    text = await response.text();
  } catch (error) {
    const { code } = error as { code?: unknown };
    const reason = typeof code === "string" ? code : (error as Error).name;
    const Fault = reason === "TimeoutError" ? TimedOut : NetworkError;
    throw new Fault(`The server at ${base} does not answer (${reason}).`, { cause: error });
  }
  let body: unknown = null;
  try {
    body = text === "" ? null : JSON.parse(text);
  } catch {
    if (response.ok) throw notReadable(`What answers at ${base} is not RelayPACS.`);
  }
  if (response.ok) return body;
  const problem = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const code = typeof problem.code === "string" ? problem.code : "unknown";
  const detail = typeof problem.detail === "string" ? problem.detail : `The server answered ${response.status}.`;
  const seconds = Number(response.headers.get("retry-after") ?? 0);
  throw new ApiError(response.status, code, detail, { ...problem, retry_after_ms: seconds > 0 ? seconds * 1000 : 0 });
}

/** A client of the HTTP API at `base`. */
export function createApi(base: string, { sleep, waiting }: Waiting): Api {
  return {
    async call(request, schema) {
      for (let attempt = 1; ; attempt++) {
        try {
          const answer = await once(base, request);
          if (Value.Check(schema, answer)) return answer;
          throw notReadable(`What answers at ${base} does not speak this version's protocol.`);
        } catch (error) {
          if (attempt >= triesFor(error, request)) throw error;
          const ms = Math.max(backoff(attempt - 1), Math.min(retryAfter(error), 60_000));
          waiting?.((error as Error).message, ms);
          await sleep(ms);
        }
      }
    },
  };
}
