import { expect } from "bun:test";
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { run } from "../cli/binary.ts";
import { type Box, testPassword } from "../support/box.ts";
import { until } from "../support/child.ts";
import { type Client, type Opened, signIn } from "../support/client.ts";

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly request_id: string;
  readonly errors?: { path: string; message: string }[];
  readonly missing?: { file_id: string; missing: [number, number][] }[];
}

/** The answer as the problem document it must be (CONTRACT §3, RFC 9457): whole, with this status and code, without a stack. */
export async function problemOf(answer: Response, status: number, code: string): Promise<Problem> {
  const text = await answer.text();
  expect(`${answer.status} ${text.slice(0, 300)}`).toStartWith(`${status} {`);
  expect(answer.headers.get("content-type")).toStartWith("application/problem+json");
  const problem = JSON.parse(text) as Problem;
  expect(problem).toMatchObject({ status, code, request_id: answer.headers.get("x-request-id") ?? "" });
  for (const words of [problem.type, problem.title, problem.detail]) expect(words).toBeString();
  expect(problem.detail).toMatch(/^[A-Z].*\.$/s);
  expect(problem.request_id).toMatch(/^[0-9a-f-]{36}$/);
  expect(text).not.toMatch(/\bat \S+ \(|\.ts:\d|node_modules|bunfs|SyntaxError|TypeError|SQLITE/);
  if ([429, 503].includes(status)) expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  if (status === 401) expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  return problem;
}

/** A signed-in client under a name of its own. */
export async function newUser(box: Box, name: string, role: string): Promise<Client> {
  const args = ["user", "add", name, "--role", role, "--password-stdin", "--config", box.configFile];
  const { code, stderr } = await run(args, { stdin: testPassword });
  if (code !== 0) throw new Error(stderr);
  return signIn(() => box.url, name, testPassword);
}

export const oneFile = (size: number, more: Record<string, unknown> = {}) => ({
  total_files: 1,
  total_size_bytes: size,
  chunk_size: 4096,
  files: [{ file_id: "a", name: "a.bin", size_bytes: size }],
  ...more,
});

/** Files that their chunks declare. */
export const undeclared = (files: number, size: number) => ({
  total_files: files,
  total_size_bytes: size,
  chunk_size: 4096,
});

/** One chunk request with any query, headers and body. */
export const put = (
  box: Box,
  opened: Pick<Opened, "upload_id" | "upload_token">,
  query: Record<string, string | number>,
  body: Uint8Array | string | null,
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(
    `${box.url}/upload/${opened.upload_id}/chunk?${new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))}`,
    {
      method: "PUT",
      headers: {
        authorization: `Bearer ${opened.upload_token}`,
        "content-type": "application/octet-stream",
        ...headers,
      },
      body: body as Uint8Array<ArrayBuffer>,
    },
  );

/** Bytes that differ from place to place and from seed to seed. */
export function pattern(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = seed * 2654435761 + 1;
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

export const digestOf = (algorithm: "sha256" | "md5", bytes: Uint8Array): string =>
  createHash(algorithm).update(bytes).digest("base64");

/** A connection of which the test says every byte. */
export interface RawRequest {
  write(data: Uint8Array | string): void;
  /** The answer, once its body is whole. */
  answer(milliseconds?: number): Promise<Response>;
  /** Whether the other side has said or ended anything. */
  readonly quiet: boolean;
  drop(): void;
}

/**
 * @param head request line and headers without `Host`; written at once
 * @param from this machine's address that the box sees
 */
export async function rawRequest(url: string, head: readonly string[], from = "127.0.0.1"): Promise<RawRequest> {
  const { hostname, port, host } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, localAddress: from });
  const pieces: Buffer[] = [];
  let ended = false;
  socket.on("data", (piece: Buffer) => pieces.push(piece));
  socket.on("close", () => {
    ended = true;
  });
  socket.on("error", () => {
    ended = true;
  });
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  const [line, ...headers] = head;
  socket.write(`${[line, `Host: ${host}`, ...headers].join("\r\n")}\r\n\r\n`);

  const parsed = (): Response | undefined => {
    const all = Buffer.concat(pieces);
    const split = all.indexOf("\r\n\r\n");
    if (split < 0) return undefined;
    const [first = "", ...lines] = all.subarray(0, split).toString().split("\r\n");
    const answered = new Headers(
      lines.map((it): [string, string] => [it.split(":")[0] ?? "", it.replace(/^[^:]*:\s*/, "")]),
    );
    const body = all.subarray(split + 4);
    if (body.length < Number(answered.get("content-length") ?? 0) && !ended) return undefined;
    return new Response(new Uint8Array(body), { status: Number(first.split(" ")[1]), headers: answered });
  };
  return {
    write: (data) => void socket.write(data),
    answer: async (milliseconds) => {
      await until("an answer on the raw connection", () => parsed() !== undefined || ended, milliseconds);
      const answer = parsed();
      if (!answer) throw new Error("the connection ended without an answer");
      return answer;
    },
    get quiet() {
      return pieces.length === 0 && !ended;
    },
    drop: () => socket.destroy(),
  };
}

/** Head of a chunk request for a raw connection. */
export const chunkHead = (opened: Opened, index: number, headers: readonly string[], fileId = "a"): string[] => [
  `PUT /upload/${opened.upload_id}/chunk?file_id=${fileId}&chunk_index=${index} HTTP/1.1`,
  `Authorization: Bearer ${opened.upload_token}`,
  "Content-Type: application/octet-stream",
  ...headers,
];
