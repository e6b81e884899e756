import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { Secret, TOTP } from "otpauth";
import { run } from "../cli/binary.ts";
import { type Box, startBox, testPassword } from "../support/box.ts";
import { until } from "../support/child.ts";
import { type Client, signIn } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { newUser, problemOf } from "../upload/api.ts";

/** A box without a destination: what it takes is parked at once. */
let box: Box;
let head: Client;
setDefaultTimeout(60_000);
beforeAll(async () => {
  box = await startBox("[auth]\nrequire_totp_for = []", { notSetUp: true });
});
afterAll(() => box.stop());

interface Row {
  event: string;
  actor_name: string;
  address: string | null;
  upload_id: string | null;
  result: string;
  details: Record<string, unknown>;
}
async function rows(event: string): Promise<Row[]> {
  const { stdout } = await run(["audit", "export", "--config", box.configFile]);
  const all = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
  return all.filter((row) => row.event === event);
}
const json = async <T>(answer: Promise<Response>): Promise<T> => (await (await answer).json()) as T;
const idOf = async (client: Client) => (await json<{ id: string }>(client.request("GET", "/auth/me"))).id;
const codeOf = (secret: string) => new TOTP({ secret: Secret.fromBase32(secret) }).generate();
const from = "127.0.0.1";

/** @returns the account's recovery codes */
async function setUpSecondFactor(client: Client): Promise<string[]> {
  const { secret } = await json<{ secret: string }>(client.request("POST", "/auth/totp/enroll"));
  const body = { totp: codeOf(secret) };
  return (await json<{ recovery_codes: string[] }>(client.request("POST", "/auth/totp/confirm", { body })))
    .recovery_codes;
}
const login = (body: object) => head.request("POST", "/auth/login", { body, token: null });

test("the set-up code that was used, and the account it made", async () => {
  const { stdout } = await run(["setup-code", "--config", box.configFile]);
  const code = /[A-Z2-7]{4}(-[A-Z2-7]{4})+/.exec(stdout)?.[0] ?? "";
  const body = JSON.stringify({ code, username: "head", password: testPassword });
  const headers = { "content-type": "application/json" };
  expect((await fetch(`${box.url}/setup`, { method: "POST", headers, body })).status).toBe(201);
  head = await signIn(() => box.url, "head", testPassword);
  expect(await rows("auth.set_up")).toMatchObject([{ actor_name: "set-up", address: from }]);
  expect(await rows("user.added")).toMatchObject([{ actor_name: "set-up", details: { user_id: await idOf(head) } }]);
});

test("a password that was changed, and one that was set on the console", async () => {
  const anna = await newUser(box, "anna", "radiographer");
  const body = { old_password: testPassword, new_password: `${testPassword} anew` };
  expect((await anna.request("POST", "/auth/password", { body })).status).toBe(204);
  const details = { user_id: await idOf(anna) };
  expect(await rows("user.password_changed")).toMatchObject([{ actor_name: "anna", address: from, details }]);
  const args = ["user", "reset-password", "anna", "--password-stdin", "--config", box.configFile];
  expect((await run(args, { stdin: testPassword })).code).toBe(0);
  expect(await rows("user.password_set")).toMatchObject([{ actor_name: expect.stringMatching(/^console/), details }]);
});

test("a second factor: set up, a recovery code used, removed, reset by the administrator and on the console", async () => {
  const berta = await newUser(box, "berta", "clinician");
  const details = { user_id: await idOf(berta) };
  const by = { actor_name: "berta", address: from, details };
  const [first = "", second = ""] = await setUpSecondFactor(berta);
  expect(await rows("user.totp_set_up")).toMatchObject([by]);
  const shown = { username: "berta", password: testPassword };
  expect((await login({ ...shown, recovery_code: first })).status).toBe(200);
  expect((await login({ ...shown, recovery_code: first })).status).toBe(401);
  expect(await rows("user.recovery_code_used")).toMatchObject([by]);
  const body = { password: testPassword, recovery_code: second };
  expect((await berta.request("POST", "/auth/totp/disable", { body })).status).toBe(204);
  expect(await rows("user.totp_removed")).toMatchObject([by]);
  expect(await rows("user.recovery_code_used")).toHaveLength(2);

  await setUpSecondFactor(berta);
  const reset = (id: string, who = head) => who.request("POST", `/admin/users/${id}/reset-totp`);
  await problemOf(await reset(details.user_id, berta), 403, "forbidden");
  await problemOf(await reset(crypto.randomUUID()), 404, "not_found");
  const users = await json<{ users: object[] }>(head.request("GET", "/admin/users"));
  expect(users.users).toContainEqual(expect.objectContaining({ username: "berta", totp_enabled: true }));
  expect(JSON.stringify(users)).not.toMatch(/argon2|secret/);
  expect((await reset(details.user_id)).status).toBe(204);
  await problemOf(await berta.request("GET", "/auth/me"), 401, "unauthorized");
  expect((await login(shown)).status).toBe(200);
  expect(await rows("user.totp_reset")).toMatchObject([{ actor_name: "head", address: from, details }]);
  expect((await run(["user", "reset-totp", "berta", "--config", box.configFile])).code).toBe(0);
  expect((await rows("user.totp_reset"))[1]?.actor_name).toStartWith("console");
  await problemOf(await reset(await idOf(head)), 403, "forbidden");
});

test("a key that was rotated, an export that was taken, a session that was ended, an account that was disabled", async () => {
  expect((await run(["key", "rotate", "--config", box.configFile])).code).toBe(0);
  expect((await rows("key.rotated"))[0]?.actor_name).toStartWith("console");
  await (await head.request("GET", "/admin/audit/export?format=csv")).text();
  expect(await rows("audit.exported")).toContainEqual(
    expect.objectContaining({ actor_name: "head", address: from, details: { kind: "csv" } }),
  );
  const carl = await newUser(box, "carl", "clinician");
  expect((await carl.request("DELETE", "/auth/sessions")).status).toBe(204);
  expect(await rows("auth.session_ended")).toMatchObject([{ actor_name: "carl", address: from }]);
  expect((await run(["user", "disable", "carl", "--config", box.configFile])).code).toBe(0);
  expect(await rows("user.disabled")).toHaveLength(1);
});

test("an invitation made, redeemed and stopped", async () => {
  const made = await json<{ invitation_id: string; payload: { upload_token: string } }>(
    head.request("POST", "/invitations", { body: {} }),
  );
  const body = { upload_token: made.payload.upload_token };
  expect((await head.request("POST", "/invitations/redeem", { token: null, body })).status).toBe(200);
  expect((await head.request("DELETE", `/invitations/${made.invitation_id}`)).status).toBe(204);
  const details = { invitation_id: made.invitation_id };
  expect(await rows("invitation.made")).toMatchObject([{ actor_name: "head", details }]);
  expect(await rows("invitation.redeemed")).toMatchObject([{ actor_name: "guest of head", address: from, details }]);
  expect(await rows("invitation.stopped")).toMatchObject([{ actor_name: "head", address: from, details }]);
});

test("a delivery that is parked at once, because the study has nowhere to go", async () => {
  const opened = await head.upload([{ name: "a.dcm", bytes: madeBytes({ study: "2.25.9001", sop: "2.25.9001.1" }) }]);
  expect((await head.complete(opened)).status).toBe(200);
  await until(
    "the study to wait for help",
    async () => (await head.status(opened.upload_id)).state === "needs_attention",
  );
  const told = { upload_id: opened.upload_id, result: "failure", details: { code: "no_destination", instances: 1 } };
  expect(await rows("delivery.parked")).toMatchObject([{ ...told, actor_name: "relaypacs" }]);
});
