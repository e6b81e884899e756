import { describe, expect, test } from "bun:test";
import type { Static, TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { type Api, ApiError, type ApiRequest, NetworkError } from "./api.ts";
import { createSession, createUploadToken } from "./session.ts";

/** The server's side of the token route: which bearers it takes, and what it was asked with. */
function box(start: { readonly access?: string; readonly expiresIn?: number | null }) {
  const state = { now: 0, valid: new Set(["upload 0"]), made: 0, asked: [] as string[], fault: null as Error | null };
  const answer = (request: ApiRequest): unknown => {
    state.asked.push(request.token ?? "");
    if (state.fault !== null) throw state.fault;
    if (!state.valid.has(request.token ?? "")) throw new ApiError(401, "token_expired", "It has ended.");
    state.made += 1;
    state.valid.add(`upload ${state.made}`);
    return { upload_token: `upload ${state.made}`, expires_in: 3600 };
  };
  const api: Api = {
    async call<T extends TSchema>(request: ApiRequest, schema: T): Promise<Static<T>> {
      return Value.Decode(schema, answer(request));
    },
  };
  const kept: string[] = [];
  const parts = {
    api,
    session: createSession(api, { token: start.access }),
    uploadId: "u",
    changed: (token: string) => kept.push(token),
    now: () => state.now,
  };
  const token = createUploadToken(parts, "upload 0", start.expiresIn === undefined ? 3600 : start.expiresIn);
  /** A request that only a valid token passes; answers which one did. */
  const use = () =>
    token.use(async (bearer) => {
      if (!state.valid.has(bearer)) throw new ApiError(401, "token_expired", "It has ended.");
      return bearer;
    });
  return { state, kept, token, use };
}
const minutes = (count: number) => count * 60_000;

describe("an upload's token", () => {
  test("renews itself at half its life, without the access token, for as long as the upload lasts", async () => {
    const { state, kept, use } = box({ access: "ended long ago" });
    expect(await use()).toBe("upload 0");
    state.now = minutes(29);
    expect(await use()).toBe("upload 0");
    state.now = minutes(30);
    expect(await use()).toBe("upload 1");
    state.valid.delete("upload 0");
    state.now = minutes(60);
    expect(await use()).toBe("upload 2");
    expect(state.asked).toEqual(["upload 0", "upload 1"]);
    expect(kept).toEqual(["upload 1", "upload 2"]);
  });

  test("is renewed once for all that need it at the same time", async () => {
    const { state, use } = box({});
    state.now = minutes(30);
    expect(await Promise.all([use(), use(), use(), use()])).toEqual(["upload 1", "upload 1", "upload 1", "upload 1"]);
    expect(state.asked).toEqual(["upload 0"]);
  });

  test("that an earlier run left is renewed at once: its age is not known", async () => {
    const { use } = box({ expiresIn: null });
    expect(await use()).toBe("upload 1");
  });

  test("still serves while it cannot be renewed", async () => {
    const { state, use } = box({});
    state.now = minutes(30);
    state.fault = new NetworkError("No answer.");
    expect(await use()).toBe("upload 0");
    state.fault = null;
    expect(await use()).toBe("upload 1");
  });

  test("that has ended is renewed by the access token, and only then", async () => {
    const { state, use } = box({ access: "access" });
    state.valid = new Set(["access"]);
    expect(await use()).toBe("upload 1");
    expect(state.asked).toEqual(["upload 0", "access"]);
  });

  test("that has ended, as the access token has, is told so", async () => {
    const { state, use } = box({ access: "access" });
    state.valid = new Set();
    await expect(use()).rejects.toThrow("ended");
  });
});
