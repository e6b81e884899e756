import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Box, startBox, testPassword } from "../support/box.ts";
import { type Client, signIn } from "../support/client.ts";
import { oneFile } from "../upload/api.ts";

let box: Box;
let admin: Client;
beforeAll(async () => {
  box = await startBox(
    '[auth]\nrequire_totp_for = []\n[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"\n',
  );
  admin = await box.client("admin");
});
afterAll(() => box.stop());

interface User {
  readonly id: string;
  readonly username: string;
  readonly role: string;
  readonly disabled_at: string | null;
}
const ask = async (method: string, path: string, body?: unknown) => {
  const answer = await admin.request(method, path, body === undefined ? {} : { body });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? {} : JSON.parse(text) };
};
const make = async (username: string, role = "clinician"): Promise<User> => {
  const made = await ask("POST", "/admin/users", { username, role, password: testPassword });
  expect(made.status).toBe(201);
  return made.body;
};
const enter = (username: string) => signIn(() => box.url, username, testPassword);
const events = async () =>
  (await ask("GET", "/admin/audit?limit=50")).body.entries.map(({ event }: { event: string }) => event);

test("an account is made, listed, and signs in; a bad one is refused in words", async () => {
  const { id } = await make("anna", "radiographer");
  expect((await enter("anna")).token).not.toBe("");
  expect((await ask("GET", "/admin/users")).body.users).toContainEqual(
    expect.objectContaining({ id, username: "anna", role: "radiographer", disabled_at: null, totp_enabled: false }),
  );
  const again = await ask("POST", "/admin/users", { username: "Anna", role: "clinician", password: testPassword });
  expect([again.status, again.body.errors[0].path]).toEqual([422, "username"]);
  const weak = await ask("POST", "/admin/users", { username: "b", role: "clinician", password: "password1234" });
  expect([weak.status, weak.body.code]).toEqual([422, "password_unfit"]);
  expect((await ask("POST", "/admin/users", { username: "c", role: "chief", password: testPassword })).status).toBe(
    422,
  );
});

test("a role holds from the next request on; disabled is out at once, its upload too, and enabled is in again", async () => {
  const { id } = await make("ben");
  const ben = await enter("ben");
  const upload = await ben.init(oneFile(10));
  expect((await ask("PATCH", `/admin/users/${id}`, { role: "radiologist" })).body.role).toBe("radiologist");
  expect((await ben.request("POST", "/upload/init", { body: oneFile(10) })).status).toBe(403);
  expect((await ask("PATCH", `/admin/users/${id}`, { disabled: true })).body.disabled_at).not.toBeNull();
  expect((await ben.request("GET", "/auth/me")).status).toBe(401);
  const bearer = { headers: { authorization: `Bearer ${upload.upload_token}` } };
  expect((await fetch(`${box.url}/upload/${upload.upload_id}/status`, bearer)).status).toBe(401);
  expect(enter("ben")).rejects.toThrow();
  expect((await ask("PATCH", `/admin/users/${id}`, { disabled: false })).body.disabled_at).toBeNull();
  expect((await enter("ben")).token).not.toBe("");
  expect(await events()).toEqual(expect.arrayContaining(["user.role_set", "user.disabled", "user.enabled"]));
  expect((await ask("PATCH", `/admin/users/${id}`, {})).status).toBe(422);
});

test("a new password ends the sign-ins made with the old one", async () => {
  const { id } = await make("carla");
  const carla = await enter("carla");
  const set = await ask("POST", `/admin/users/${id}/password`, { password: "four quiet words here" });
  expect(set.status).toBe(204);
  expect((await carla.request("GET", "/auth/me")).status).toBe(401);
  expect((await signIn(() => box.url, "carla", "four quiet words here")).token).not.toBe("");
});

test("every sign-in is listed and ended, one or all of a person's", async () => {
  const { id } = await make("dora");
  const [one, two] = [await enter("dora"), await enter("dora")];
  const listed = async () =>
    (await ask("GET", "/admin/sessions")).body.sessions.filter(({ user_id }: { user_id: string }) => user_id === id);
  const [first] = await listed();
  expect((await listed()).length).toBe(2);
  expect(first).toMatchObject({ username: "dora", role: "clinician", current: false });
  expect((await ask("DELETE", `/admin/sessions/${first.session_id}`)).status).toBe(204);
  expect((await ask("DELETE", `/admin/sessions/${first.session_id}`)).status).toBe(404);
  const alive = async (client: Client) => (await client.request("GET", "/auth/me")).status;
  expect([await alive(one), await alive(two)].sort()).toEqual([200, 401]);
  expect((await ask("DELETE", `/admin/users/${id}/sessions`)).status).toBe(204);
  expect([await alive(one), await alive(two)]).toEqual([401, 401]);
  expect(
    (await ask("GET", "/admin/sessions")).body.sessions.filter((it: { current: boolean }) => it.current).length,
  ).toBe(1);
});

test("nobody disables, demotes or re-keys the own account here", async () => {
  const me = (await (await admin.request("GET", "/auth/me")).json()) as User;
  for (const [path, body] of [
    ["", { disabled: true }],
    ["", { role: "clinician" }],
    ["/password", { password: "four quiet words here" }],
  ] as const) {
    const refused = await ask(path === "" ? "PATCH" : "POST", `/admin/users/${me.id}${path}`, body);
    expect([refused.status, refused.body.code]).toEqual([403, "forbidden"]);
  }
});
