import { afterAll, beforeAll, expect, test } from "bun:test";
import { run } from "../cli/binary.ts";
import { type Box, startBox, testPassword } from "../support/box.ts";

let box: Box;
beforeAll(async () => {
  box = await startBox();
  await box.client("radiographer");
  await box.client("clinician");
}, 30_000);
afterAll(() => box.stop());

interface SignedIn {
  access_token: string;
  token_type: string;
  expires_in: number;
  user: { id: string; username: string; role: string };
}
/** A browser as far as sign-in goes: one cookie. */
function browser(origin = "") {
  let cookie = "";
  const request = async (path: string, options: RequestInit & { token?: string } = {}) => {
    const headers = new Headers(options.headers);
    if (cookie !== "") headers.set("cookie", `theme=dark; ${cookie}`);
    if (origin !== "") headers.set("origin", origin);
    if (options.token !== undefined) headers.set("authorization", `Bearer ${options.token}`);
    const answer = await fetch(box.url + path, { method: "POST", ...options, headers });
    const set = answer.headers.get("set-cookie");
    if (set !== null) cookie = set.split(";")[0] ?? "";
    return answer;
  };
  return {
    request,
    get cookie() {
      return cookie;
    },
    set cookie(value: string) {
      cookie = value;
    },
    signIn: async (username = "radiographer") => {
      const answer = await request("/auth/login", { body: JSON.stringify({ username, password: testPassword }) });
      return { answer, body: (await answer.json()) as SignedIn };
    },
    refresh: () => request("/auth/refresh"),
    me: async (token: string) => (await request("/auth/me", { method: "GET", token })).status,
  };
}
const codeOf = async (answer: Response) => ((await answer.json()) as { code: string }).code;

test("signing in sets a cookie that script cannot read, for session_hours; a refresh answers like a sign-in", async () => {
  const one = browser();
  const { answer, body } = await one.signIn();
  const attributes = (answer.headers.get("set-cookie") ?? "").split("; ");
  expect(attributes[0]).toMatch(/^relaypacs=[\w-]{43}$/);
  expect(attributes.slice(1).sort()).toEqual(["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Strict"]);
  const first = one.cookie;

  const refreshed = await one.refresh();
  expect(refreshed.status).toBe(200);
  expect(refreshed.headers.get("cache-control")).toBe("no-store");
  const again = (await refreshed.json()) as SignedIn;
  expect(again).toEqual({ ...body, access_token: again.access_token });
  expect(again.access_token).not.toBe(body.access_token);
  expect(one.cookie).not.toBe(first);
  for (const token of [body.access_token, again.access_token]) expect(await one.me(token)).toBe(200);
});

test("no cookie, a foreign one, a bearer token alone: 401, and the cookie goes", async () => {
  const one = browser();
  const { body } = await one.signIn();
  for (const cookie of [
    "",
    "relaypacs=",
    "relaypacs=nonsense",
    "__Host-relaypacs=x",
    `other=${one.cookie.slice(10)}`,
  ]) {
    const headers = { cookie, authorization: `Bearer ${body.access_token}` };
    const answer = await fetch(`${box.url}/auth/refresh`, { method: "POST", headers });
    expect([answer.status, await codeOf(answer)]).toEqual([401, "unauthorized"]);
    expect(answer.headers.get("set-cookie")).toContain("relaypacs=; Path=/; Max-Age=0");
  }
});

test("two tabs that refresh at once keep one session", async () => {
  const one = browser();
  await one.signIn();
  const headers = { cookie: one.cookie };
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => fetch(`${box.url}/auth/refresh`, { method: "POST", headers })),
  );
  const cookies = new Set(answers.map((answer) => answer.headers.get("set-cookie")?.split(";")[0]));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
  expect(cookies.size).toBe(1);
  one.cookie = [...cookies][0] ?? "";
  expect((await one.refresh()).status).toBe(200);
});

test("a used token that turns up again ends its whole session and no other", async () => {
  const [owner, other] = [browser(), browser()];
  await owner.signIn();
  const stolen = owner.cookie;
  const { body: untouched } = await other.signIn();
  await owner.refresh();
  const { access_token: token } = (await (await owner.refresh()).json()) as SignedIn;
  expect(await owner.me(token)).toBe(200);

  const thief = browser();
  thief.cookie = stolen;
  expect((await thief.refresh()).status).toBe(401);
  expect(await owner.me(token)).toBe(401);
  expect((await owner.refresh()).status).toBe(401);
  expect(box.events("auth.session_reused").length).toBe(1);
  expect(await other.me(untouched.access_token)).toBe(200);
  expect((await other.refresh()).status).toBe(200);
});

test("T5: signing out ends the session's tokens at once, but not its uploads", async () => {
  const one = browser();
  const { body } = await one.signIn();
  const init = { total_files: 1, total_size_bytes: 4, files: [{ file_id: "a", name: "a.bin", size_bytes: 4 }] };
  const opened = await one.request("/upload/init", { token: body.access_token, body: JSON.stringify(init) });
  const { upload_id: id, upload_token: token } = (await opened.json()) as { upload_id: string; upload_token: string };
  const used = one.cookie;

  const out = await one.request("/auth/logout");
  expect([out.status, one.cookie]).toEqual([204, "relaypacs="]);
  expect(await one.me(body.access_token)).toBe(401);
  one.cookie = used;
  expect((await one.refresh()).status).toBe(401);

  const chunk = { method: "PUT", token, body: "data", headers: { "content-type": "application/octet-stream" } };
  expect((await one.request(`/upload/${id}/chunk?file_id=a&chunk_index=0`, chunk)).status).toBe(200);
  expect((await one.request(`/upload/${id}/complete`, { token })).status).toBe(200);
});

test("a program without cookies signs out by its access token; who is not signed in cannot", async () => {
  const one = browser();
  const { body } = await one.signIn();
  const out = await browser().request("/auth/logout", { token: body.access_token });
  expect([out.status, await one.me(body.access_token), (await one.refresh()).status]).toEqual([204, 401, 401]);
  expect((await browser().request("/auth/logout")).status).toBe(401);
});

test("T11: another site's page can neither sign in, refresh nor sign out", async () => {
  const one = browser(box.url);
  const { body } = await one.signIn();
  for (const path of ["/auth/login", "/auth/refresh", "/auth/logout"])
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: `${box.url}.evil.example` },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ] as Record<string, string>[]) {
      const answer = await fetch(box.url + path, {
        method: "POST",
        headers: { cookie: one.cookie, ...headers },
        ...(path === "/auth/login"
          ? { body: JSON.stringify({ username: "radiographer", password: testPassword }) }
          : {}),
      });
      expect([path, answer.status, answer.headers.get("set-cookie")]).toEqual([path, 403, null]);
    }
  expect(await one.me(body.access_token)).toBe(200);
  expect((await one.refresh()).status).toBe(200);
});

test("a person sees the own sign-ins and ends them, one or all; another's answer 404", async () => {
  const [phone, desk, stranger] = [browser(), browser(), browser()];
  const [a, b] = [(await phone.signIn("clinician")).body, (await desk.signIn("clinician")).body];
  const c = (await stranger.signIn()).body;
  const list = async (token: string) => {
    const answer = await desk.request("/auth/sessions", { method: "GET", token });
    return ((await answer.json()) as { sessions: { session_id: string; current: boolean; ends_at: string }[] })
      .sessions;
  };
  const own = await list(b.access_token);
  expect(own.length).toBe(3); // the client that box.client made as well
  const current = own.filter((it) => it.current);
  expect(current.length).toBe(1);
  const phones = (await list(a.access_token)).find((it) => it.current)?.session_id ?? "";
  const end = async (token: string, path: string) => (await desk.request(path, { method: "DELETE", token })).status;
  for (const id of [phones, crypto.randomUUID()]) expect(await end(c.access_token, `/auth/sessions/${id}`)).toBe(404);
  expect(await end(b.access_token, `/auth/sessions/${phones}`)).toBe(204);
  expect([await phone.me(a.access_token), await desk.me(b.access_token)]).toEqual([401, 200]);
  expect(await end(b.access_token, "/auth/sessions")).toBe(204);
  expect([await desk.me(b.access_token), await stranger.me(c.access_token)]).toEqual([401, 200]);
});

test("a restart keeps people signed in; a new password and a disabled account do not", async () => {
  const one = browser();
  const { body } = await one.signIn();
  expect(await box.terminate()).toBe(0);
  await box.start();
  expect(await one.me(body.access_token)).toBe(200);
  expect((await one.refresh()).status).toBe(200);

  const reset = ["user", "reset-password", "radiographer", "--password-stdin", "--config", box.configFile];
  expect((await run(reset, { stdin: testPassword })).code).toBe(0);
  expect(await one.me(body.access_token)).toBe(401);
  expect((await one.refresh()).status).toBe(401);

  await one.signIn();
  expect((await run(["user", "disable", "radiographer", "--config", box.configFile])).code).toBe(0);
  expect((await one.refresh()).status).toBe(401);
}, 30_000);

test("a person changes the own password: the old one must be right, the new one good, and other sign-ins end", async () => {
  const made = ["user", "add", "johanna", "--role", "clinician", "--password-stdin", "--config", box.configFile];
  expect((await run(made, { stdin: testPassword })).code).toBe(0);
  const [phone, desk] = [browser(), browser()];
  const [a, b] = [(await phone.signIn("johanna")).body, (await desk.signIn("johanna")).body];
  const change = async (old_password: string, new_password: string) => {
    const body = JSON.stringify({ old_password, new_password });
    const answer = await desk.request("/auth/password", { token: b.access_token, body });
    return answer.status === 204 ? "done" : await codeOf(answer);
  };
  expect(await change("wrong", "another long password")).toBe("invalid_credentials");
  for (const unfit of ["short", "password1234", "a".repeat(129)])
    expect(await change(testPassword, unfit)).toBe("password_unfit");
  expect(await phone.me(a.access_token)).toBe(200);
  expect(await change(testPassword, "another long password")).toBe("done");
  expect([await phone.me(a.access_token), await desk.me(b.access_token)]).toEqual([401, 200]);
  expect([(await phone.refresh()).status, (await desk.refresh()).status]).toEqual([401, 200]);
  const signIn = async (password: string) =>
    (await fetch(`${box.url}/auth/login`, { method: "POST", body: JSON.stringify({ username: "johanna", password }) }))
      .status;
  expect([await signIn(testPassword), await signIn("another long password")]).toEqual([401, 200]);
}, 30_000);

test("no token of a session is in what the box says", () => {
  expect(box.lines.join("\n")).not.toMatch(/relaypacs=|[\w-]{43}/);
});
