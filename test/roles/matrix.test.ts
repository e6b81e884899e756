import { afterAll, beforeAll, describe, expect, test } from "bun:test";
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

beforeAll(async () => {
  box = await startBox(
    `[limits]\nlogin_attempts_per_minute = 1000\n[auth]\nrequire_totp_for = []\n[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`,
  );
  other = await newUser(box, "somebody-else", "clinician");
  upload = await other.init(oneFile(10));
});
afterAll(() => box.stop());

describe.each(guarded)("%s", (route, rule) => {
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
