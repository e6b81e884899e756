import { clinicalNotesMaxBytes } from "../contract/upload.ts";
import type { Config } from "../core/config-schema.ts";
import { RelayError } from "../core/errors.ts";
import { parseBodyHeaders, readBody } from "../upload/body.ts";
import type { HttpContext } from "./context.ts";

/** A list of 20 000 files with hashes is about 6 MB; no request announces more than this, chunks neither. */
export const maxJsonBytes = 16 * 1024 * 1024;

/** Most a body holds. Parsing and validating take the one thread that answers everybody: what holds more never comes so far. */
export interface BodyBounds {
  readonly maxBytes: number;
  /** Members of objects and lists, all levels together. */
  readonly maxValues: number;
}

/** Holds clinical notes of 64 kB with every character escaped. */
const usualBounds: BodyBounds = { maxBytes: 512 * 1024, maxValues: 1000 };

/** No body of this interface has more than five levels; the validator took 5 s over a million, and nothing else was answered meanwhile. */
const deepest = 32;

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Clinical notes of 64 kB with every character escaped; echoing one of 16 MB in an error nobody sees took half a second. */
const longestString = 6 * clinicalNotesMaxBytes;

/** Watches a JSON text as its bytes come, without making any of it: its structure is ASCII, whatever stands in the strings. */
export class JsonShape {
  /** How deep objects and lists stand in one another. */
  depth = 0;
  /** Values, all levels together; at least as many as there are. */
  values = 1;
  /** Bytes of the longest string, as written. */
  longest = 0;
  private level = 0;
  private length = 0;
  private inString = false;
  private escaped = false;

  add(piece: Uint8Array): void {
    for (const byte of piece) {
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (byte === backslash) this.escaped = true;
        else if (byte === quote) this.inString = false;
        if (this.inString && ++this.length > this.longest) this.longest = this.length;
      } else if (byte === quote) {
        this.inString = true;
        this.length = 0;
      } else if (byte === comma) this.values += 1;
      else if (byte === openObject || byte === openList) {
        this.level += 1;
        this.values += 1;
        if (this.level > this.depth) this.depth = this.level;
      } else if (byte === closeObject || byte === closeList) this.level -= 1;
    }
  }
}

interface ParseContext {
  readonly request: Request;
  readonly server: { timeout(request: Request, seconds: number): void } | null;
  readonly params?: { readonly id?: string };
}

/** For a handful of fields. */
export const smallBounds: BodyBounds = { maxBytes: 4096, maxValues: 16 };

/**
 * Reads the JSON body of a route, if the caller may use that, under the rules of every body: bounded as it comes, cut when it stalls, digests and gzip as for chunks.
 * Stands before "json" in a route's parse list: Elysia's own reader then has nothing left to do, and the OpenAPI document knows the type.
 * @param whenEmpty what no body at all stands for; undefined: it is no JSON
 * @throws RelayError invalid_json, invalid_request (too deep), request_too_large, and what readBody throws
 */
export const jsonBody =
  (
    { guard, config }: Pick<HttpContext, "guard" | "config">,
    route: string,
    boundsOf: (config: Config) => BodyBounds = () => usualBounds,
    whenEmpty?: object,
  ) =>
  async ({ request, server, params }: ParseContext): Promise<unknown> => {
    guard.authorize(request, route, params?.id); // Elysia parses before it transforms, where the other routes ask
    server?.timeout(request, 0);
    const { maxBytes, maxValues } = boundsOf(config());
    const tooLarge = () => new RelayError("request_too_large");
    if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge();
    const decoder = new TextDecoder("utf-8", { fatal: true });
    let text = "";
    const shape = new JsonShape();
    const read = (piece: Uint8Array) => {
      shape.add(piece);
      if (shape.depth > deepest)
        throw new RelayError("invalid_request", undefined, { errors: [{ path: "", message: "is nested too deeply" }] });
      if (shape.values > maxValues || shape.longest > longestString) throw tooLarge();
      decode(piece);
    };
    const decode = (piece?: Uint8Array) => {
      try {
        text += piece ? decoder.decode(piece, { stream: true }) : decoder.decode();
      } catch (cause) {
        throw new RelayError("invalid_json", undefined, { cause });
      }
    };
    await readBody(request.body, {
      headers: parseBodyHeaders(request.headers),
      maxBytes,
      tooLong: tooLarge,
      idleSeconds: config().limits.request_idle_seconds,
      signal: request.signal,
      write: read,
    });
    decode();
    if (text === "" && whenEmpty !== undefined) return whenEmpty;
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new RelayError("invalid_json", undefined, { cause });
    }
  };
