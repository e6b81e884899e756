import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { kindRules } from "../../src/fake-pacs/rules.ts";
import { parseStow } from "../../src/fake-pacs/store-request.ts";

/** What happens to a request on its way to an archive that is well. `silence`: no answer ever. */
export interface PacsFault {
  /** Whether the archive gets the request, and so keeps what it holds. */
  readonly passes: boolean;
  readonly ending: "answer" | "silence" | "reset" | number;
}

/** Stands before a real archive and makes trouble. */
export interface FaultyPacs {
  readonly dicomWebUrl: string;
  /** How often the archive was given each SOP Instance UID. */
  readonly given: ReadonlyMap<string, number>;
  /** Faults so far. */
  readonly faults: number;
  stop(): Promise<void>;
}

export interface PacsRequest {
  readonly isStore: boolean;
  /** Of a store request: the studies in it. */
  readonly studies: readonly string[];
}

/** @param fault what a request meets; null: nothing. `done` tells that the archive has it. */
export async function startFaultyPacs(
  archive: string,
  fault: (request: PacsRequest) => PacsFault | null,
  done: (request: PacsRequest) => void = () => undefined,
): Promise<FaultyPacs> {
  const given = new Map<string, number>();
  let faults = 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces);
    const isStore = request.method === "POST" && request.url === "/dicom-web/studies";
    const headers = request.headers as Record<string, string>;
    const parsed = isStore ? parseStow(headers, body, kindRules["stow-rs"]) : { parts: [] };
    const parts = "parts" in parsed ? parsed.parts : [];
    const asked: PacsRequest = { isStore, studies: [...new Set(parts.map((part) => part.studyInstanceUID))] };
    const trouble = fault(asked);
    if (trouble) faults += 1;
    let answer: Response | null = null;
    if (trouble?.passes !== false) {
      for (const { sopInstanceUID } of parts) given.set(sopInstanceUID, (given.get(sopInstanceUID) ?? 0) + 1);
      const { host: _, connection: __, "content-length": ___, ...rest } = headers;
      answer = await fetch(archive + request.url, {
        method: request.method ?? "GET",
        headers: rest,
        ...(body.length > 0 ? { body } : {}),
      });
      answer = new Response(answer.status === 204 ? null : await answer.arrayBuffer(), answer);
      done(asked);
    }
    if (trouble?.ending === "silence") return;
    if (trouble?.ending === "reset") return void request.socket.destroy();
    if (typeof trouble?.ending === "number" || answer === null)
      return void response.writeHead(typeof trouble?.ending === "number" ? trouble.ending : 502).end("{}");
    const type = answer.headers.get("content-type");
    response.writeHead(answer.status, type === null ? {} : { "content-type": type });
    response.end(Buffer.from(await answer.arrayBuffer()));
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy()); // the archive or the box went away
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    dicomWebUrl: `http://127.0.0.1:${address.port}/dicom-web`,
    given,
    get faults() {
      return faults;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
