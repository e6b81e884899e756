import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { roles } from "../../src/contract/permissions.ts";
import { access } from "../../src/http/access.ts";
import { type Box, startBox, testPassword } from "../support/box.ts";
import { type Client, type Opened, signIn } from "../support/client.ts";
import { newUser, oneFile } from "../upload/api.ts";

type Role = (typeof roles)[number];
let box: Box;
let upload: Opened;
/** Somebody of another role, for their upload and its token. */
let other: Client;
const people = new Map<Role, Client>();

/** CONTRACT §3, by what the path begins with; what stands on no line here is nobody's. */
const contract: readonly (readonly [RegExp, readonly Role[]])[] = [
  [/^\w+ \/(auth|receipts)\//, roles],
  [/^\w+ \/admin\//, ["admin"]],
  [/^\w+ \/invitations/, ["radiographer", "admin"]],
  [/^POST \/upload\/(init|:id\/(retry|accept|studies\/.*))$/, ["clinician", "radiographer", "admin"]],
  [/^\w+ \/upload\/:id/, roles],
  [/^GET \/uploads$/, roles],
  [/^GET \/studies/, ["radiologist", "admin"]],
  [/^\w+ \/studies\/.*\/report$/, ["radiologist"]],
  [/^\w+ \/notifications/, roles],
];
const mayBe = (route: string): readonly Role[] => contract.find(([pattern]) => pattern.test(route))?.[1] ?? [];

/** What CONTRACT §3 gives a QR guest: "its one upload". Bytes go by that upload's own token. */
const guestMay = new Set([
  "POST /upload/init",
  "POST /upload/:id/token",
  "GET /upload/:id/status",
  "GET /upload/:id/events",
  "DELETE /upload/:id",
  "POST /upload/:id/retry",
  "POST /upload/:id/accept",
  "POST /upload/:id/studies/:study_instance_uid/confirm",
  "POST /upload/:id/studies/:study_instance_uid/reject",
  "GET /receipts/:id",
]);

const guarded = Object.entries(access).filter(([, { token }]) => token !== "none");
const nobodys = "00000000-0000-4000-8000-000000000000";
/** Ids that nobody has; a route is refused before any of them is looked for, or answers 404. */
const pathOf = (route: string, id = nobodys) =>
  (route.split(" ")[1] ?? "").replace(":study_instance_uid", "2.25.1").replace(/:\w+/g, id);
const methodOf = (route: string) => route.split(" ")[0] ?? "";

async function answer(route: string, token: string | null, id?: string) {
  const method = methodOf(route);
  const body = method === "GET" || method === "DELETE" ? undefined : {};
  const abort = AbortSignal.timeout(10_000);
  const got = await fetch(box.url + pathOf(route, id), {
    method,
    signal: abort,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: "{}" }),
  });
  const text = got.headers.get("content-type")?.includes("problem") ? await got.text() : "";
  await got.body?.cancel().catch(() => undefined);
  return { status: got.status, code: text === "" ? "" : (JSON.parse(text) as { code: string }).code };
}

/** DELETE /auth/sessions ends the caller's own: then a new one. */
async function tokenOf(role: Role): Promise<string> {
  const client = people.get(role);
  if (client && (await client.request("GET", "/auth/me")).status === 200) return client.token;
  const made = client ? await signIn(() => box.url, role, testPassword) : await box.client(role);
  people.set(role, made);
  return made.token;
}

/** Of a QR session that has opened nothing yet. */
async function guestToken(): Promise<string> {
  const host = await tokenOf("radiographer");
  const ask = async (path: string, token: string | null, body: object) =>
    (await (
      await fetch(box.url + path, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(body),
      })
    ).json()) as { access_token: string; payload: { upload_token: string } };
  const { payload } = await ask("/invitations", host, {});
  return (await ask("/invitations/redeem", null, { upload_token: payload.upload_token })).access_token;
}

let nobodyInParticular: Client | undefined;
/** Signed in, and then given a role that no table knows: what a newer or damaged database may hold. */
async function roleless(): Promise<string> {
  if (nobodyInParticular && (await nobodyInParticular.request("GET", "/auth/me")).status === 200)
    return nobodyInParticular.token;
  const name = "roleless";
  nobodyInParticular = nobodyInParticular
    ? await signIn(() => box.url, name, testPassword)
    : await newUser(box, name, "clinician");
  const db = new Database(join(box.dataDir, "relaypacs.db"));
  try {
    db.run("PRAGMA busy_timeout = 10000");
    db.run("UPDATE user SET role = 'visitor' WHERE username = ?", [name]);
  } finally {
    db.close();
  }
  return nobodyInParticular.token;
}

beforeAll(async () => {
  box = await startBox(
    `[limits]\nlogin_attempts_per_minute = 1000\n[auth]\nrequire_totp_for = []\n[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`,
  );
  other = await newUser(box, "somebody-else", "clinician");
  upload = await other.init(oneFile(10));
});
afterAll(() => box.stop());

test("T9: a guest's routes are those that the table marks, no more and no fewer", () => {
  const marked = guarded.filter(([, { guest }]) => guest === true).map(([route]) => route);
  expect(marked.sort()).toEqual([...guestMay].sort());
});

describe.each(guarded)("T9: %s", (route, rule) => {
  test.each(roles)("%s", async (role) => {
    const { status } = await answer(route, await tokenOf(role));
    if (rule.token === "upload") expect(status).toBe(401);
    else if (mayBe(route).includes(role)) expect([401, 403]).not.toContain(status);
    else expect(status).toBe(403);
  });

  test("nobody, and a token that is none", async () => {
    expect(await answer(route, null)).toEqual({ status: 401, code: "unauthorized" });
    expect(await answer(route, "x.y.z")).toEqual({ status: 401, code: "unauthorized" });
  });

  test("a QR guest", async () => {
    const { status } = await answer(route, await guestToken());
    if (guestMay.has(route)) expect([401, 403]).not.toContain(status);
    else expect(status).toBe(403);
  });

  test("an account whose role is none", async () => {
    const { status } = await answer(route, await roleless());
    const asked = rule.token === "upload" ? 401 : rule.permission === undefined ? null : 403;
    if (asked === null) expect([401, 403]).not.toContain(status);
    else expect(status).toBe(asked);
  });

  test("an upload's own token", async () => {
    const { status } = await answer(route, upload.upload_token);
    const below = pathOf(route).startsWith("/upload/");
    if (rule.token === "access") expect(status).toBe(401);
    else expect(status).toBe(below ? 403 : 404);
  });
});

/** T10: another's id answers as one that does not exist, on every verb. */
describe("another's upload", () => {
  const below = guarded.filter(([route, { token }]) => route.includes("/upload/:id") && token !== "upload");
  test.each(below.map(([route]) => route))("%s", async (route) => {
    for (const role of ["clinician", "radiographer"] as const) {
      const token = await tokenOf(role);
      const [theirs, none] = [await answer(route, token, upload.upload_id), await answer(route, token)];
      expect(theirs).toEqual(none);
      // A body that is looked at first is refused alike.
      expect([404, 422]).toContain(theirs.status);
    }
    expect((await other.status(upload.upload_id)).state).toBe("receiving");
  });

  test("the radiologist sees it and changes nothing", async () => {
    const token = await tokenOf("radiologist");
    expect((await answer("GET /upload/:id/status", token, upload.upload_id)).status).toBe(200);
    for (const route of ["DELETE /upload/:id", "POST /upload/:id/token"])
      expect((await answer(route, token, upload.upload_id)).status).toBe(404);
    expect((await answer("POST /upload/:id/retry", token, upload.upload_id)).status).toBe(403);
    expect((await other.status(upload.upload_id)).state).toBe("receiving");
  });
});

test("what is not built answers nobody without a token, and is nowhere with one", async () => {
  for (const path of ["/admin/nothing", "/studies/x/y", "/notifications/x"]) {
    expect((await answer(`GET ${path}`, null)).status).toBe(401);
    expect((await answer(`GET ${path}`, await tokenOf("admin"))).status).toBe(404);
  }
});
