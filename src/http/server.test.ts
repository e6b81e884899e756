import { afterEach, expect, test } from "bun:test";
import { connect } from "node:net";
import { type Access, access } from "./access.ts";
import type { HttpContext } from "./context.ts";
import { createServer } from "./server.ts";

/** As much of a box as these routes look at. */
const context = {
  config: () => ({
    tls: { trusted_proxies: [] },
    limits: { login_attempts_per_minute: 100, request_idle_seconds: 60 },
  }),
  guard: { authenticate: async () => undefined, authorize: () => undefined },
  needsSetup: () => false,
  attempts: { knock: () => undefined },
  log: { event: () => undefined },
  ready: () => ({ ok: true, problems: [] }),
} as unknown as HttpContext;

let stop: (() => Promise<void>) | undefined;
afterEach(async () => {
  await stop?.();
  stop = undefined;
});

/** The server, and the bounds on silence it set, by path. */
async function started() {
  const app = await createServer(context);
  app.listen({ hostname: "127.0.0.1", port: 0 });
  const { server } = app;
  if (!server) throw new Error("the server did not start");
  stop = () => server.stop(true);
  const bounds = new Map<string, number[]>();
  const set = server.timeout.bind(server);
  server.timeout = (request, seconds) => {
    const pathname = URL.parse(request.url)?.pathname ?? "";
    bounds.set(pathname, [...(bounds.get(pathname) ?? []), seconds]);
    set(request, seconds);
  };
  return { url: `http://127.0.0.1:${server.port}`, bounds };
}

test("a connection on which a body was waited for has a bound on its silence again once it is answered", async () => {
  const { url, bounds } = await started();
  expect((await fetch(`${url}/auth/login`, { method: "POST", body: "{" })).status).toBe(400);
  const set = bounds.get("/auth/login") ?? [];
  expect(set[0]).toBe(0);
  expect(set.at(-1)).toBeGreaterThan(0);
  expect((await fetch(`${url}/health`)).status).toBe(200);
  expect(bounds.get("/health")?.at(-1)).toBeGreaterThan(0);
});

/** The answer's first line to a head as it stands here. */
const answerTo = (url: string, head: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = "";
    const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port) });
    socket.on("data", (bytes: Buffer) => {
      said += bytes.toString("latin1");
    });
    socket.on("close", () => resolve(said));
    socket.on("error", reject);
    socket.end(`${head}\r\nConnection: close\r\n\r\n`, "latin1");
  });

// Each was an internal error, and a line in the log, before.
test.each(["", "x:99999", "a b", "[::1", "x/y", "\xff", null])(
  "a Host header of %j is refused with its own code, also none at all (HTTP/1.0)",
  async (host) => {
    const { url } = await started();
    const answer = await answerTo(
      url,
      host === null ? "GET /health HTTP/1.0" : `GET /health HTTP/1.1\r\nHost: ${host}`,
    );
    expect(answer).toStartWith("HTTP/1.");
    expect(answer.slice(8, 13)).toBe(" 400 ");
    expect(answer).toContain('"code":"host_invalid"');
  },
);

test("a route without an entry in the table of access fails to start", async () => {
  const rules = access as Record<string, Access>;
  const { "GET /ready": rule } = rules;
  delete rules["GET /ready"];
  try {
    await expect(createServer(context)).rejects.toThrow("no access rule for GET /ready");
  } finally {
    if (rule) rules["GET /ready"] = rule;
  }
});
