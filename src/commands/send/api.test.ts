import { afterEach, describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { type ApiRequest, createApi, NetworkError, TimedOut } from "./api.ts";

const Answer = Type.Object({ fine: Type.Boolean() });
const request: ApiRequest = { method: "GET", path: "/x" };

let server: Bun.Server<undefined> | null = null;
afterEach(() => server?.stop(true));

/** A server of these answers, the last one for all that follow; counts what it is asked. */
function api(...answers: readonly (() => Response | Promise<Response>)[]) {
  const asked: string[] = [];
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: ({ url }) => {
      asked.push(new URL(url).pathname);
      return answers[Math.min(asked.length, answers.length) - 1]?.() ?? new Response(null, { status: 404 });
    },
  });
  return { asked, api: createApi(`http://127.0.0.1:${server.port}`, { sleep: async () => {} }) };
}

describe("what is not RelayPACS is asked once", () => {
  test.each([
    ["a web page", () => new Response("<html>Welcome</html>"), "is not RelayPACS"],
    ["nothing at all", () => new Response(""), "does not speak this version's protocol"],
    ["another service's JSON", () => Response.json({ hello: 1 }), "does not speak this version's protocol"],
  ] as const)("%s", async (_name, answer, words) => {
    const { api: it, asked } = api(answer);
    await expect(it.call(request, Answer)).rejects.toThrow(words);
    expect(asked).toHaveLength(1);
  });
});

test("bytes that get no answer in time are not sent again as they are; questions are", async () => {
  const never = () => new Promise<Response>(() => {});
  const { api: it, asked } = api(never);
  const bytes = { ...request, method: "PUT", bytes: new Uint8Array(1), timeoutMs: 300, attempts: 5 } as const;
  await expect(it.call(bytes, Answer)).rejects.toBeInstanceOf(TimedOut);
  expect(asked).toHaveLength(1);
  await expect(it.call({ ...request, timeoutMs: 300, attempts: 2 }, Answer)).rejects.toBeInstanceOf(TimedOut);
  expect(asked).toHaveLength(3);
});

test("a server that is not there has not timed out", async () => {
  const { api: it } = api();
  await server?.stop(true);
  const error = await it.call({ ...request, attempts: 1 }, Answer).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NetworkError);
  expect(error).not.toBeInstanceOf(TimedOut);
});

test("a proxy's page in front of a server that is away is waited out", async () => {
  const away = () => new Response("<html>Bad gateway</html>", { status: 502 });
  const { api: it, asked } = api(away, away, () => Response.json({ fine: true }));
  expect(await it.call(request, Answer)).toEqual({ fine: true });
  expect(asked).toHaveLength(3);
});
