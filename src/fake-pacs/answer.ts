import type { IncomingMessage, ServerResponse } from "node:http";
import type { FakePacsOptions } from "./behaviour.ts";
import { MARK_HEADER } from "./mark.ts";
import { type JsonDataSet, written } from "./response-module.ts";
import type { KindRules } from "./rules.ts";
import { accepts } from "./store-request.ts";

export type Headers = Readonly<Record<string, string>>;

/** Writes answers that all say what they come from. */
export interface Answers {
  /** What it is, in words. */
  readonly mark: string;
  /** Anything: text, bytes, or an object as JSON. */
  send(response: ServerResponse, status: number, body?: string | Uint8Array | object, headers?: Headers): undefined;
  /** A sentence, followed by what it comes from. */
  say(response: ServerResponse, status: number, words: string, headers?: Headers): undefined;
  /** Data sets in the form that is asked for. */
  sets(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    sets: JsonDataSet | readonly JsonDataSet[],
    headers?: Headers,
  ): undefined;
}

export function answers(rules: KindRules, options: FakePacsOptions, mark: string): Answers {
  const send: Answers["send"] = (response, status, body = "", headers = {}) => {
    const type = typeof body === "object" ? "application/json" : "application/dicom+json";
    const content = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
    response.writeHead(status, { "content-type": type, [MARK_HEADER]: mark, ...headers });
    response.end(content);
  };
  const form = (accept: string | undefined) => {
    if (options.answers !== undefined) return options.answers;
    if (accepts(accept, "application/dicom+json")) return "json";
    const xml = rules.accept.xml && accepts(accept, "application/dicom+xml");
    return xml || rules.accept.other === "xml" ? "xml" : "json";
  };
  return {
    mark,
    send,
    say: (response, status, words, headers) =>
      send(response, status, `${words}\n${mark}\n`, { "content-type": "text/plain; charset=utf-8", ...headers }),
    sets: (request, response, status, sets, headers) => {
      const { type, text } = written(sets, form(request.headers.accept));
      send(response, status, text, { "content-type": type, ...headers });
    },
  };
}
