import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answers } from "./answer.ts";
import type { Behaviour, FakePacsOptions, ReceivedPart } from "./behaviour.ts";
import { judge } from "./judge.ts";
import { marked, responseModule, ui } from "./response-module.ts";
import type { Counts, KindRules } from "./rules.ts";
import { parseStow } from "./store-request.ts";

export interface DicomWeb {
  readonly rules: KindRules;
  readonly options: FakePacsOptions;
  readonly held: Map<string, ReceivedPart>;
  readonly beside: ReceivedPart[];
  readonly answers: Answers;
  /** The address of the service, for RetrieveURL. */
  readonly at: () => string;
}

/** One exchange of which the body has been read. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
}

/** Store (PS3.18 10.5). @param study the one in the address @param saw is told the SOP Instance UIDs, or the violation */
export function storeStudies(
  { request, response, body }: Exchange,
  study: string | null,
  behaviour: Behaviour,
  web: DicomWeb,
  saw: (seen: { readonly uids: readonly string[]; readonly violation?: string }) => void,
): undefined {
  const { rules, answers } = web;
  const limits = { ...rules, mostBytes: web.options.mostBytes ?? rules.mostBytes };
  const parsed = parseStow(request.headers as Record<string, string | undefined>, body, limits);
  if ("violation" in parsed) {
    saw({ uids: [], violation: parsed.violation });
    if (parsed.status === 200) return answers.sets(request, response, 200, marked(answers.mark));
    return answers.say(response, parsed.status, `Refused: ${parsed.violation}.`);
  }
  const { parts, unreadable } = parsed;
  saw({ uids: parts.map((part) => part.sopInstanceUID) });
  const refusal = behaviour.refuses?.(parts);
  if (refusal !== undefined) return refuse(response, refusal, behaviour, answers);
  const judgements = judge(parts, study, behaviour, web);
  if (behaviour.ending === "hang") return;
  if (behaviour.ending === "close") return void request.socket.destroy();
  if (behaviour.body === "endless") return void endless(response);

  const failures = judgements.filter(({ reason }) => reason !== null);
  const counts = {
    kept: judgements.length - failures.length,
    failed: failures.length + (rules.unreadable === "failed" ? unreadable : 0),
    warned: judgements.filter(({ warning }) => warning !== null).length,
    strange: study === null ? 0 : failures.filter(({ part }) => part.studyInstanceUID !== study).length,
  };
  const status = behaviour.status ?? statusOf(parts.length + unreadable, unreadable, counts, rules);
  const first = failures[0];
  const warning: Record<string, string> =
    rules.tells === "warning-299" && first !== undefined ? { warning: `299 fake "${first.words}"` } : {};
  const headers = { ...warning, ...behaviour.headers };
  if (behaviour.body !== undefined) return answers.send(response, status, behaviour.body, headers);
  if (status === 204) return answers.send(response, 204, "", headers);
  if (status === 500) return answers.say(response, 500, "An unexpected exception.", headers);
  const module = responseModule(judgements, rules.unreadable === "failed" ? unreadable : 0, rules, {
    retrieveAt: web.at(),
    mark: answers.mark,
  });
  answers.sets(request, response, status, module, headers);
}

function statusOf(total: number, unreadable: number, counts: Counts, rules: KindRules): number {
  if (total === 0) return rules.empty;
  if (unreadable > 0 && typeof rules.unreadable === "number") return rules.unreadable;
  return rules.status(counts);
}

/** A refusal as a whole, in the script's own words where it has some. */
export function refuse(response: ServerResponse, status: number, behaviour: Behaviour, answers: Answers): undefined {
  if (behaviour.body !== undefined && behaviour.body !== "endless")
    return answers.send(response, status, behaviour.body, behaviour.headers);
  answers.say(response, status, "Refused, as the script says.", behaviour.headers);
}

/** Search for instances of a study (PS3.18 10.6), or for studies, of which there are none to be named. */
export function query({ request, response }: Exchange, url: URL, study: string | null, web: DicomWeb): undefined {
  const { options, held, answers } = web;
  if (options.queries === "hang") return;
  if (typeof options.queries === "number")
    return answers.say(response, options.queries, "No query, as the script says.", options.queryHeaders);
  if (options.queries === "html")
    return answers.send(response, 200, "<html><body>Welcome</body></html>", { "content-type": "text/html" });
  const all = [...held.values()].filter((part) => part.studyInstanceUID === study);
  const limit = options.queries === "page-of-one" ? 1 : Number(url.searchParams.get("limit") ?? all.length);
  const from = Number(url.searchParams.get("offset") ?? 0);
  const page = options.queries === "unpaged" ? all : all.slice(from, from + limit);
  if (page.length === 0) return answers.send(response, 204);
  const sets = page.map((part) => ({
    "00080016": ui(part.sopClassUID),
    "00080018": ui(part.sopInstanceUID),
    "0020000D": ui(part.studyInstanceUID),
    "0020000E": ui(part.seriesInstanceUID),
    ...marked(answers.mark),
  }));
  answers.sets(request, response, 200, sets);
}

/** PS3.10: an element that pads the data set; what is written anew differs from what came by this much at least. */
const TRAILING_PADDING = Buffer.from("fcfffcff4f42000002000000" + "0000", "hex");

/** Retrieve one instance (PS3.18 10.4). */
export function retrieve({ response }: Exchange, uid: string, web: DicomWeb): undefined {
  const { options, rules, held, answers } = web;
  const part = held.get(uid);
  if (typeof options.retrieves === "number")
    return answers.say(response, options.retrieves, "No retrieval, as the script says.");
  if (part === undefined || options.retrieves === false) return answers.say(response, 404, "No such instance.");
  const bytes = rules.gives === "as stored" ? part.bytes : Buffer.concat([part.bytes, TRAILING_PADDING]);
  // RFC 2046 5.1.1: what stands before the first delimiter is for readers of the raw message.
  const opening = Buffer.from(`${answers.mark}\r\n--fake\r\nContent-Type: application/dicom\r\n\r\n`);
  const body = Buffer.concat([opening, bytes, Buffer.from("\r\n--fake--\r\n")]);
  const type = 'multipart/related; type="application/dicom"; boundary=fake';
  answers.send(response, 200, body, { "content-type": type });
}

async function endless(response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "application/dicom+json" });
  response.write("[");
  while (!response.destroyed && !response.socket?.destroyed) {
    response.write(" ".repeat(65_536));
    await Bun.sleep(1);
  }
}
