import { createHash, randomUUID } from "node:crypto";
import type { ChunkRange, UploadInit } from "../../src/contract/upload.ts";

/** A strict server of the contract's upload routes (CONTRACT §3), whose tokens, network and outcomes a test bends. */
interface FakeUpload {
  readonly id: string;
  readonly key: string;
  readonly body: string;
  readonly init: UploadInit;
  readonly chunks: Map<string, Uint8Array>;
  state: string;
}
export interface FakeRelay {
  readonly url: string;
  readonly uploads: FakeUpload[];
  /** Every request, as "METHOD route". */
  readonly requests: string[];
  /** Answers instead of the server where it gives a response; "drop" ends the connection. */
  before: (request: Request, route: string) => Response | undefined | Promise<Response | undefined>;
  /** Access tokens and upload tokens handed out so far end now. */
  endTokens(): void;
  /** Access tokens handed out so far end now. */
  endAccess(): void;
  /** What is said of an upload token's life, in seconds. */
  expiresIn: number;
  finalState: string;
  stop(): Promise<void>;
}

const problem = (status: number, code: string, more: object = {}) =>
  Response.json(
    { type: "about:blank", title: code, status, code, detail: `Told: ${code}.`, ...more },
    { status, headers: { "content-type": "application/problem+json" } },
  );

const chunkSizeOf = (upload: FakeUpload) => upload.init.chunk_size ?? 1_048_576;
const lastChunk = (size: number, chunkSize: number) => Math.ceil(size / chunkSize) - 1;

function missingOf(upload: FakeUpload, fileId: string, size: number): ChunkRange[] {
  const ranges: ChunkRange[] = [];
  for (let at = 0; at <= lastChunk(size, chunkSizeOf(upload)); at++) {
    if (upload.chunks.has(`${fileId}/${at}`)) continue;
    const open = ranges.at(-1);
    if (open !== undefined && open[1] === at - 1) open[1] = at;
    else ranges.push([at, at]);
  }
  return ranges;
}

/** The bytes of a file as they arrived. */
export function receivedFile(upload: FakeUpload, fileId: string): Buffer {
  const file = upload.init.files?.find((item) => item.file_id === fileId);
  const count = lastChunk(file?.size_bytes ?? 0, chunkSizeOf(upload)) + 1;
  return Buffer.concat(
    Array.from({ length: count }, (_, at) => upload.chunks.get(`${fileId}/${at}`) ?? new Uint8Array()),
  );
}

const maxRequestBytes = 8_388_608;

async function receive(upload: FakeUpload, request: Request, query: URLSearchParams): Promise<Response> {
  if (upload.state !== "receiving") return problem(409, "upload_closed");
  const fileId = query.get("file_id") ?? "";
  const first = Number(query.get("chunk_index"));
  const file = upload.init.files?.find((item) => item.file_id === fileId);
  if (file === undefined) return problem(404, "file_unknown");
  const bytes = new Uint8Array(await request.arrayBuffer());
  const digest = `sha-256=:${createHash("sha256").update(bytes).digest("base64")}:`;
  if (request.headers.get("content-digest") !== digest) return problem(400, "digest_mismatch");
  const size = chunkSizeOf(upload);
  const start = first * size;
  const whole = bytes.length % size === 0 || start + bytes.length === file.size_bytes;
  if (bytes.length === 0 || !whole || start + bytes.length > file.size_bytes) return problem(400, "chunk_out_of_range");
  if (bytes.length > maxRequestBytes) return problem(413, "request_too_large");
  const count = Math.ceil(bytes.length / size);
  for (let at = 0; at < count; at++) {
    const piece = bytes.slice(at * size, (at + 1) * size);
    const held = upload.chunks.get(`${fileId}/${first + at}`);
    if (held !== undefined && !Buffer.from(held).equals(piece)) return problem(409, "chunk_conflict");
    upload.chunks.set(`${fileId}/${first + at}`, piece);
  }
  return Response.json({ file_id: fileId, received_chunk_index: first + count - 1 });
}

const statusOf = (upload: FakeUpload) => ({
  upload_id: upload.id,
  state: upload.state,
  progress_percent: 0,
  uploaded_bytes: 0,
  total_size_bytes: upload.init.total_size_bytes,
  files: (upload.init.files ?? []).map((file) => ({
    file_id: file.file_id,
    name: file.name,
    received_bytes: 0,
    missing: missingOf(upload, file.file_id, file.size_bytes),
  })),
  studies: [],
  warnings: [],
  error: null,
  pacs_receipt_id: null,
  created_at: new Date().toISOString(),
  files_removed_at: null,
});

export function startFakeRelay(password = "correct horse"): FakeRelay {
  const uploads: FakeUpload[] = [];
  const requests: string[] = [];
  let accessToken = "";
  let generation = 0;
  const issued = new Map<string, number>();
  const issue = () => {
    const token = randomUUID();
    issued.set(token, generation);
    return token;
  };

  async function init(request: Request): Promise<Response> {
    if (request.headers.get("authorization") !== `Bearer ${accessToken}`) return problem(401, "unauthorized");
    const key = request.headers.get("idempotency-key") ?? randomUUID();
    const body = await request.text();
    const parsed = JSON.parse(body) as UploadInit;
    const sum = (parsed.files ?? []).reduce((total, file) => total + file.size_bytes, 0);
    if (sum !== parsed.total_size_bytes || parsed.files?.length !== parsed.total_files)
      return problem(422, "totals_mismatch");
    let upload = uploads.find((item) => item.key === key);
    if (upload !== undefined && upload.body !== body) return problem(409, "idempotency_key_reused");
    if (upload === undefined) {
      upload = { id: randomUUID(), key, body, init: parsed, chunks: new Map(), state: "receiving" };
      uploads.push(upload);
    }
    const files = parsed.files.map(({ file_id }) => ({ file_id, state: "needed" }));
    const answer = { upload_id: upload.id, upload_token: issue(), expires_in: relay.expiresIn, files };
    return Response.json(
      { ...answer, chunk_size: chunkSizeOf(upload), max_request_bytes: maxRequestBytes },
      { status: 201 },
    );
  }

  async function forUpload(upload: FakeUpload, action: string, request: Request, url: URL): Promise<Response> {
    const token = request.headers.get("authorization")?.replace("Bearer ", "") ?? "";
    const holds = issued.get(token) === generation;
    if (action === "token") {
      return holds || token === accessToken
        ? Response.json({ upload_token: issue(), expires_in: relay.expiresIn })
        : problem(401, "unauthorized");
    }
    if (!holds) return problem(401, issued.has(token) ? "token_expired" : "unauthorized");
    if (action === "chunk") return receive(upload, request, url.searchParams);
    if (action === "status") return Response.json(statusOf(upload));
    const status = statusOf(upload);
    const missing = status.files.filter((file) => file.missing.length > 0);
    if (missing.length > 0) return problem(409, "upload_incomplete", { missing });
    upload.state = relay.finalState;
    return Response.json({ status: upload.state === "delivered" ? "success" : "processing" });
  }

  async function answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const [, id = "", action = ""] = /^\/upload\/([0-9a-f-]{36})\/(\w+)$/.exec(url.pathname) ?? [];
    const route = `${request.method} ${id === "" ? url.pathname : `/upload/:id/${action}`}`;
    requests.push(route);
    const bent = await relay.before(request, route);
    if (bent !== undefined) return bent;
    if (route === "POST /auth/login") {
      const given = (await request.json()) as { password?: unknown };
      if (given.password !== password) return problem(401, "invalid_credentials");
      accessToken = randomUUID();
      return Response.json({ access_token: accessToken, token_type: "Bearer", expires_in: 900, user: {} });
    }
    if (route === "POST /upload/init") return init(request);
    const upload = uploads.find((item) => item.id === id);
    return upload === undefined ? problem(404, "not_found") : forUpload(upload, action, request, url);
  }

  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer });
  const relay: FakeRelay = {
    url: `http://127.0.0.1:${server.port}`,
    uploads,
    requests,
    before: () => undefined,
    endTokens: () => {
      generation += 1;
      accessToken = "";
    },
    endAccess: () => {
      accessToken = "";
    },
    expiresIn: 3600,
    finalState: "delivered",
    stop: () => server.stop(true),
  };
  return relay;
}
