import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type Behaviour, type FakePacsOptions, judged, type RecordedRequest, ui } from "./fake-pacs-behaviour.ts";
import { parseInstance, parseStow, type ReceivedPart } from "./fake-pacs-request.ts";

export type { Behaviour, FakePacsOptions, RecordedRequest } from "./fake-pacs-behaviour.ts";

/** A strict, scripted archive: STOW-RS, QIDO-RS and WADO-RS below /dicom-web, Orthanc's REST API at the root. */
export interface FakePacs {
  readonly url: string;
  readonly dicomWebUrl: string;
  readonly requests: readonly RecordedRequest[];
  /** Store requests alone. */
  readonly stores: readonly RecordedRequest[];
  /** What it holds, by SOP Instance UID. */
  readonly held: Map<string, ReceivedPart>;
  /** What no archive would have accepted; empty in a good test. */
  readonly violations: readonly string[];
  /** Appends to the script. */
  script(...behaviours: Behaviour[]): void;
  stop(): Promise<void>;
}

export async function startFakePacs(options: FakePacsOptions = {}): Promise<FakePacs> {
  const script = [...(options.script ?? [])];
  const requests: RecordedRequest[] = [];
  const held = new Map<string, ReceivedPart>();
  const violations: string[] = [];
  let queried = 0;

  const answer = (
    response: ServerResponse,
    status: number,
    body: unknown = "",
    headers: Record<string, string> = {},
  ) => {
    const text = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    response.writeHead(status, { "content-type": "application/dicom+json", ...headers });
    response.end(text);
  };

  async function store(request: IncomingMessage, response: ServerResponse, kind: "stow" | "orthanc") {
    const behaviour = script.shift() ?? options.otherwise ?? {};
    if (behaviour.early) {
      record(request, 0, []);
      return answer(response, behaviour.status ?? 413, behaviour.body ?? "", behaviour.headers);
    }
    const body = await read(request, behaviour.closeAfterBytes);
    if (body === null) return record(request, behaviour.closeAfterBytes ?? 0, []);
    const headers = request.headers as Record<string, string | undefined>;
    const parsed = kind === "stow" ? parseStow(headers, body) : parseInstance(headers, body);
    record(request, body.length, "parts" in parsed ? parsed.parts.map((part) => part.sopInstanceUID) : []);
    if ("violation" in parsed) {
      violations.push(parsed.violation);
      return answer(response, parsed.status);
    }
    const [only] = parsed.parts;
    const before = only !== undefined && held.has(only.sopInstanceUID);
    const refusal = behaviour.refuses?.(parsed.parts);
    if (refusal !== undefined) return answer(response, refusal, behaviour.body ?? "", behaviour.headers);
    const honest = judged(parsed.parts, behaviour, held, options.duplicates);
    if (behaviour.ending === "hang") return;
    if (behaviour.ending === "close") return void request.socket.destroy();
    if (behaviour.body === "endless") return endless(response);
    const said =
      kind === "stow" ? honest : { status: 200, body: orthancAnswer(only, before && options.duplicates !== "replace") };
    answer(response, behaviour.status ?? said.status, behaviour.body ?? said.body, behaviour.headers);
  }

  function query(response: ServerResponse, url: URL, study: string) {
    if (options.queries === "hang") return;
    if (options.queries === "cut-first" && ++queried === 1) return void response.socket?.destroy();
    if (typeof options.queries === "number") return answer(response, options.queries);
    if (options.queries === "html") return answer(response, 200, "<html><body>Welcome</body></html>");
    const all = [...held.values()].filter((part) => part.studyInstanceUID === study);
    const limit = options.queries === "page-of-one" ? 1 : Number(url.searchParams.get("limit"));
    const from = Number(url.searchParams.get("offset"));
    const page = options.queries === "unpaged" ? all : all.slice(from, from + limit);
    if (page.length === 0) return answer(response, 204);
    answer(
      response,
      200,
      page.map((part) => ({ "00080018": ui(part.sopInstanceUID) })),
    );
  }

  function retrieve(response: ServerResponse, uid: string) {
    const part = held.get(uid);
    if (typeof options.retrieves === "number") return answer(response, options.retrieves);
    if (part === undefined || options.retrieves === false) return answer(response, 404);
    const [opening, closing] = ["--fake\r\nContent-Type: application/dicom\r\n\r\n", "\r\n--fake--\r\n"];
    const body = Buffer.concat([Buffer.from(opening), part.bytes, Buffer.from(closing)]);
    answer(response, 200, body, { "content-type": 'multipart/related; type="application/dicom"; boundary=fake' });
  }

  function record(request: IncomingMessage, bytes: number, uids: string[]) {
    const headers = request.headers as Record<string, string | undefined>;
    requests.push({ method: request.method ?? "", url: request.url ?? "", headers, bytes, uids });
  }

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? "/", "http://fake");
    const at = `${request.method} ${url.pathname}`;
    if (options.authorization !== undefined && request.headers.authorization !== options.authorization) {
      await read(request);
      record(request, 0, []);
      return answer(response, 401);
    }
    if (at === "POST /dicom-web/studies") return store(request, response, "stow");
    if (at === "POST /instances") return store(request, response, "orthanc");
    const body = (await read(request)) ?? Buffer.alloc(0);
    record(request, body.length, []);
    const study = /^GET \/dicom-web\/studies\/([0-9.]+)\/instances$/.exec(at)?.[1];
    if (study !== undefined) return query(response, url, study);
    const uid = /^GET \/dicom-web\/studies\/[0-9.]+\/series\/[0-9.]+\/instances\/([0-9.]+)$/.exec(at)?.[1];
    if (uid !== undefined) return retrieve(response, uid);
    if (at === "GET /dicom-web/studies") return query(response, url, "");
    if (at === "GET /system") return answer(response, 200, { Version: "1.12.0", Name: "fake" });
    const copy = [...held.values()].find((part) => url.pathname.startsWith(`/instances/${orthancId(part)}`));
    if (copy !== undefined) {
      if (request.method === "DELETE") return answer(response, held.delete(copy.sopInstanceUID) ? 200 : 404, {});
      if (at.endsWith("/md5")) return answer(response, 200, createHash("md5").update(copy.bytes).digest("hex"));
      if (at.endsWith("/file")) return answer(response, 200, Buffer.from(copy.bytes));
    }
    if (at === "POST /tools/find") {
      const asked: { Level: string; Query: { StudyInstanceUID: string }; Since: number; Limit: number } = JSON.parse(
        body.toString(),
      );
      if (asked.Level === "Study") return answer(response, 200, []); // no limit here that it could speak of
      const pageSize = Math.min(asked.Limit, options.mostFound ?? asked.Limit);
      const all = [...held.values()].filter((part) => part.studyInstanceUID === asked.Query.StudyInstanceUID);
      return answer(
        response,
        200,
        all
          .slice(asked.Since, asked.Since + pageSize)
          .map((part) => ({ ID: orthancId(part), MainDicomTags: { SOPInstanceUID: part.sopInstanceUID } })),
      );
    }
    answer(response, 404);
  }

  const listener = (request: IncomingMessage, response: ServerResponse) =>
    void handle(request, response).catch(() => request.socket.destroy());
  const server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const url = `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${address.port}`;
  return {
    url,
    dicomWebUrl: `${url}/dicom-web`,
    requests,
    get stores() {
      return requests.filter(({ method, url }) => method === "POST" && /\/(studies|instances)$/.test(url));
    },
    held,
    violations,
    script: (...behaviours) => void script.push(...behaviours),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The body, or null after the connection was cut at `closeAfter` bytes. */
async function read(request: IncomingMessage, closeAfter = Number.POSITIVE_INFINITY): Promise<Buffer | null> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request) {
    pieces.push(piece);
    size += piece.length;
    if (size >= closeAfter) {
      request.socket.destroy();
      return null;
    }
  }
  return Buffer.concat(pieces);
}

async function endless(response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "application/dicom+json" });
  response.write("[");
  while (!response.destroyed && !response.socket?.destroyed) {
    response.write(" ".repeat(65_536));
    await Bun.sleep(1);
  }
}

function orthancId(part: ReceivedPart): string {
  const hash = createHash("sha1").update(part.sopInstanceUID).digest("hex");
  return (hash.match(/.{8}/g) ?? []).join("-");
}

const orthancAnswer = (part: ReceivedPart | undefined, before: boolean): string =>
  part === undefined ? "{}" : JSON.stringify({ ID: orthancId(part), Status: before ? "AlreadyStored" : "Success" });
