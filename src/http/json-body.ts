import { RelayError } from "../core/errors.ts";
import { parseBodyHeaders, readBody } from "../upload/body.ts";

/** A list of 20 000 files with hashes is about 6 MB; no request announces more than this, chunks neither. */
export const maxJsonBytes = 16 * 1024 * 1024;

/**
 * Reads a JSON body under the rules of every body: bounded as it comes, cut when it stalls, digests and gzip as for chunks.
 * @throws RelayError invalid_json, request_too_large, and what readBody throws
 */
export const jsonBody =
  (idleSeconds: () => number) =>
  async ({
    request,
    server,
  }: {
    request: Request;
    server: { timeout(request: Request, seconds: number): void } | null;
  }): Promise<unknown> => {
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
      idleSeconds: idleSeconds(),
      signal: request.signal,
      write: decode,
    });
    decode();
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new RelayError("invalid_json", undefined, { cause });
    }
  };
