import { RelayError } from "../core/errors.ts";
import { parseBodyHeaders, readBody } from "../upload/body.ts";
import type { HttpContext } from "./context.ts";

/** A list of 20 000 files with hashes is about 6 MB; no request announces more than this, chunks neither. */
export const maxJsonBytes = 16 * 1024 * 1024;

/** No body of this interface has more than five levels; the validator took 5 s over a million, and nothing else was answered meanwhile. */
const deepest = 32;

/** How deep objects and lists stand in one another, without making any of them. */
export function depthOf(json: string): number {
  let [depth, most, inString] = [0, 0, false];
  for (let at = 0; at < json.length; at++) {
    const char = json[at];
    if (inString) {
      if (char === "\\") at += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{" || char === "[") {
      depth += 1;
      most = Math.max(most, depth);
    } else if (char === "}" || char === "]") depth -= 1;
  }
  return most;
}

interface ParseContext {
  readonly request: Request;
  readonly server: { timeout(request: Request, seconds: number): void } | null;
  readonly params?: { readonly id?: string };
}

/**
 * Reads the JSON body of a route, if the caller may use that, under the rules of every body: bounded as it comes, cut when it stalls, digests and gzip as for chunks.
 * Stands before "json" in a route's parse list: Elysia's own reader then has nothing left to do, and the OpenAPI document knows the type.
 * @throws RelayError invalid_json, invalid_request (too deep), request_too_large, and what readBody throws
 */
export const jsonBody =
  ({ guard, config }: Pick<HttpContext, "guard" | "config">, route: string) =>
  async ({ request, server, params }: ParseContext): Promise<unknown> => {
    guard.authorize(request, route, params?.id); // Elysia parses before it transforms, where the other routes ask
    server?.timeout(request, 0);
    const decoder = new TextDecoder("utf-8", { fatal: true });
    let text = "";
    const decode = (piece?: Uint8Array) => {
      try {
        text += piece ? decoder.decode(piece, { stream: true }) : decoder.decode();
      } catch (cause) {
        throw new RelayError("invalid_json", undefined, { cause });
      }
    };
    await readBody(request.body, {
      headers: parseBodyHeaders(request.headers),
      maxBytes: maxJsonBytes,
      tooLong: () => new RelayError("request_too_large"),
      idleSeconds: config().limits.request_idle_seconds,
      signal: request.signal,
      write: decode,
    });
    decode();
    if (depthOf(text) > deepest)
      throw new RelayError("invalid_request", undefined, { errors: [{ path: "", message: "is nested too deeply" }] });
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new RelayError("invalid_json", undefined, { cause });
    }
  };
