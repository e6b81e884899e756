import { afterEach, expect, test } from "bun:test";
import type { HttpContext } from "./context.ts";
import { createServer } from "./server.ts";

/** As much of a box as these routes look at. */
const context = {
  config: () => ({ limits: { login_attempts_per_minute: 100, request_idle_seconds: 60 } }),
  guard: { authenticate: async () => undefined, authorize: () => undefined },
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
    const { pathname } = new URL(request.url);
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
