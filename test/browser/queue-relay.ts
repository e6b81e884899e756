import { join } from "node:path";
import { securityHeaders } from "../../src/http/security-headers.ts";

/** One chunk request as it came by. */
export interface ChunkSeen {
  readonly fileId: string;
  readonly firstChunk: number;
  /** Decoded bytes. */
  readonly bytes: number;
  readonly gzip: boolean;
  /** What the box answered; 0: nothing. */
  status: number;
}

/** Another answer, none ever, a flipped byte, an answer lost behind the box. */
type Fault = Response | "hang" | "corrupt" | "lost" | null;

/** Stands between browser and box on loopback: counts chunk requests, and makes trouble. */
export interface QueueRelay {
  readonly url: string;
  readonly chunks: ChunkSeen[];
  /** Decoded bytes that the box has acknowledged. */
  acknowledged(): number;
  /** Paths asked for, with their method. */
  readonly asked: string[];
  /** What a request meets on its way to the box; null: nothing. May be waited for. */
  fault: (request: Request, path: string) => Fault | Promise<Fault>;
  /** False: nobody listens at the address any more, as without a network. */
  reachable(on: boolean): Promise<void>;
  stop(): void;
}

const root = join(import.meta.dir, "../..");
const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>loading</title><link rel="icon" href="data:,"></head>
<body><script type="module" src="/queue-page.js"></script></body></html>`;

/** The bare page around the queue, by path. */
async function barePage(): Promise<Map<string, Blob>> {
  const built = await Bun.build({
    entrypoints: [join(root, "test/browser/queue-page.ts"), join(root, "web/queue/intake-worker.ts")],
    target: "browser",
    format: "esm",
    splitting: true,
    publicPath: "/",
    naming: { entry: "[name].[ext]", chunk: "chunk-[hash].[ext]" },
    define: { "process.env.NODE_ENV": '"production"', INTAKE_WORKER_URL: '"/intake-worker.js"' },
  });
  return new Map<string, Blob>([
    ...built.outputs.map((output): [string, Blob] => [output.path.replace(/^\.?\/?/, "/"), output]),
    ["/", new Blob([html], { type: "text/html" })],
  ]);
}

/**
 * @param boxUrl where the box listens now; it may change when it is started anew
 * @param app whose page is served: the bare one of the queue's tests, or the box's own
 */
export async function startQueueRelay(boxUrl: () => string, app: "bare" | "real" = "bare"): Promise<QueueRelay> {
  const files = app === "bare" ? await barePage() : new Map<string, Blob>();
  const chunks: ChunkSeen[] = [];
  const asked: string[] = [];
  const relay: QueueRelay = {
    url: "",
    chunks,
    asked,
    acknowledged: () => chunks.filter(({ status }) => status === 200).reduce((sum, { bytes }) => sum + bytes, 0),
    fault: () => null,
    reachable: async (on) => {
      await server.stop(true);
      if (on) server = listen(Number(new URL(url).port));
    },
    stop: () => void server.stop(true),
  };
  const headers = { ...securityHeaders("/"), "cache-control": "no-store", "content-type": "text/html" };
  const listen = (port: number) =>
    Bun.serve({
      hostname: "127.0.0.1",
      port,
      idleTimeout: 255,
      maxRequestBodySize: 64 * 1024 * 1024,
      async fetch(request) {
        const { pathname } = new URL(request.url);
        const file = files.get(pathname);
        if (file === undefined) return pass(request, new URL(request.url));
        const kept = pathname === "/" ? {} : { "content-type": "text/javascript", "cache-control": "max-age=3600" };
        return new Response(file, { headers: { ...headers, ...kept } });
      },
    });
  let server = listen(0);
  const url = `http://127.0.0.1:${server.port}`;

  async function pass(request: Request, url: URL): Promise<Response> {
    asked.push(`${request.method} ${url.pathname}`);
    let body = request.body === null ? null : new Uint8Array(await request.arrayBuffer());
    const seen = url.pathname.endsWith("/chunk") && body !== null ? note(request, url, body) : null;
    const trouble = await relay.fault(request, url.pathname);
    if (trouble === "hang") return new Promise(() => undefined);
    if (trouble instanceof Response) return trouble;
    if (trouble === "corrupt" && body !== null) body = body.map((byte, index) => (index === 0 ? byte ^ 1 : byte));
    const forwarded = new Headers(request.headers);
    const target = boxUrl();
    forwarded.delete("host");
    if (forwarded.has("origin")) forwarded.set("origin", target);
    try {
      const answer = await fetch(`${target}${url.pathname}${url.search}`, {
        method: request.method,
        headers: forwarded,
        ...(body === null ? {} : { body }),
      });
      const bytes = await answer.arrayBuffer();
      if (trouble === "lost") return new Response("<h1>Bad Gateway</h1>", { status: 502 });
      if (seen) seen.status = answer.status;
      const back = new Headers(answer.headers);
      for (const name of ["content-encoding", "content-length", "transfer-encoding"]) back.delete(name);
      return new Response(answer.status === 204 ? null : bytes, { status: answer.status, headers: back });
    } catch {
      return new Response("", { status: 502 }); // the box is down
    }
  }

  function note(request: Request, url: URL, body: Uint8Array<ArrayBuffer>): ChunkSeen {
    const gzip = request.headers.get("content-encoding") === "gzip";
    const seen: ChunkSeen = {
      fileId: url.searchParams.get("file_id") ?? "",
      firstChunk: Number(url.searchParams.get("chunk_index")),
      bytes: gzip ? Bun.gunzipSync(body).length : body.length,
      gzip,
      status: 0,
    };
    chunks.push(seen);
    return seen;
  }
  return {
    ...relay,
    url,
    set fault(next) {
      relay.fault = next;
    },
    get fault() {
      return relay.fault;
    },
  };
}

/** No byte of a file was sent again after the box had acknowledged it. */
export function sentTwice(chunks: readonly ChunkSeen[]): number {
  const had = new Set<string>();
  let twice = 0;
  for (const { fileId, firstChunk, bytes, status } of chunks) {
    for (let chunk = firstChunk; chunk < firstChunk + Math.ceil(bytes / 4096); chunk++) {
      const name = `${fileId}/${chunk}`;
      if (had.has(name)) twice += 1;
      if (status === 200) had.add(name);
    }
  }
  return twice;
}
