import { afterEach, describe, expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { DestinationError } from "../destination.ts";
import { httpPeer } from "../http-peer.ts";
import { type AccessToken, tokenAuth } from "./token-cache.ts";
import { requestToken } from "./token-endpoint.ts";

const never = new AbortController().signal;
const request = { method: "GET", url: "http://a", headers: new Headers(), body: undefined } as const;

describe("a token is kept", () => {
  /** Tokens t1, t2 … that are good for so long; the clock is the test's. */
  function source(expiresInSeconds: number) {
    let [asked, time] = [0, 0];
    const auth = tokenAuth(
      async () => ({ token: `t${++asked}`, expiresInSeconds }),
      () => time,
    );
    return {
      get: async (rejected: string | null = null) =>
        (await auth.signIn(request, never, rejected === null ? null : { authorization: rejected })).headers
          .authorization,
      at: (seconds: number) => {
        time = seconds * 1000;
      },
    };
  }

  test("and renewed a minute before its end; a short one at half its time", async () => {
    for (const [life, last] of [
      [3600, 3539],
      [40, 19],
    ] as const) {
      const { get, at } = source(life);
      expect(await get()).toBe("Bearer t1");
      at(last);
      expect(await get()).toBe("Bearer t1");
      at(last + 1);
      expect(await get()).toBe("Bearer t2");
    }
  });

  test("until it is refused; one that was renewed meanwhile is tried first", async () => {
    const { get } = source(3600);
    await get();
    expect(await get("Bearer t1")).toBe("Bearer t2");
    expect(await get("Bearer t1")).toBe("Bearer t2");
  });

  test("requests at the same moment share one question, and one that gives up takes it from nobody", async () => {
    const { promise, resolve } = Promise.withResolvers<AccessToken>();
    let asked = 0;
    const auth = tokenAuth(() => {
      asked += 1;
      return promise;
    });
    const stop = new AbortController();
    const given = auth.signIn(request, stop.signal, null);
    const others = [auth.signIn(request, never, null), auth.signIn(request, never, null)];
    stop.abort(new Error("asked to stop"));
    await expect(given).rejects.toThrow("asked to stop");
    resolve({ token: "t", expiresInSeconds: 60 });
    expect((await Promise.all(others)).map(({ headers }) => headers.authorization)).toEqual(["Bearer t", "Bearer t"]);
    expect(asked).toBe(1);
  });

  test("a failure is not", async () => {
    let asked = 0;
    const auth = tokenAuth(async () => {
      if (++asked === 1) throw new Error("down");
      return { token: "t", expiresInSeconds: 60 };
    });
    await expect(auth.signIn(request, never, null)).rejects.toThrow("down");
    expect((await auth.signIn(request, never, null)).headers.authorization).toBe("Bearer t");
  });
});

describe("a token endpoint's answers", () => {
  const servers: { stop(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
  });
  function asked(answer: () => Response) {
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer });
    servers.push({ stop: () => server.stop(true) });
    const env = { dataDir: tmpdir(), readSecret: () => "", maxAnswerBytes: 100_000 };
    const peer = httpPeer({ url: `http://127.0.0.1:${server.port}/token`, timeout_seconds: 5 }, env);
    return requestToken(peer, { grant_type: "client_credentials", client_secret: "hunter22" }, never).then(
      (token) => token,
      (error: unknown) =>
        error instanceof DestinationError ? `${error.code} ${error.retryable}: ${error.message}` : String(error),
    );
  }
  const json = (status: number, value: unknown) => () => Response.json(value, { status });

  test("a token, with its time or without", async () => {
    expect(await asked(json(200, { access_token: "abc", expires_in: 10 }))).toEqual({
      token: "abc",
      expiresInSeconds: 10,
    });
    expect(await asked(json(200, { access_token: "abc" }))).toEqual({ token: "abc", expiresInSeconds: 300 });
  });

  test.each([
    [
      "a known reason",
      json(400, { error: "invalid_scope" }),
      "destination_auth_failed false: The sign-in service gives no token to this client (HTTP 400, invalid_scope).",
    ],
    [
      "a reason that repeats the secret",
      json(401, { error: "hunter22", error_description: "hunter22" }),
      "destination_auth_failed false: The sign-in service gives no token to this client (HTTP 401).",
    ],
    ["busy", json(429, {}), "destination_busy true: The sign-in service asks for fewer requests (HTTP 429)."],
    ["down", json(503, {}), "destination_busy true: The sign-in service is not available at the moment (HTTP 503)."],
    [
      "a redirect",
      () => Response.redirect("http://127.0.0.1:1/"),
      "destination_auth_failed false: The sign-in service gives no token to this client (HTTP 302).",
    ],
    ["a page", () => new Response("<html>"), "destination_bad_answer true: The sign-in service gave no token."],
    [
      "a token that would be two headers",
      json(200, { access_token: "a\r\nx: y" }),
      "destination_bad_answer true: The sign-in service gave no token.",
    ],
    [
      "no end",
      () => new Response(" ".repeat(200_000)),
      "destination_bad_answer true: The sign-in service's answer is too long to be read.",
    ],
  ] as const)("%s", async (_name, answer, words) => {
    expect(await asked(answer)).toBe(words);
  });

  test("nobody there", async () => {
    const env = { dataDir: tmpdir(), readSecret: () => "" };
    const error = await requestToken(httpPeer({ url: "http://127.0.0.1:1/" }, env), {}, never).catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: "destination_unreachable",
      retryable: true,
      message: "The sign-in service refuses the connection.",
    });
  });
});
