import { afterAll, beforeAll, expect, test } from "bun:test";
import { Secret, TOTP } from "otpauth";
import { run } from "../cli/binary.ts";
import { type Box, startBox, testPassword } from "../support/box.ts";

let box: Box;
beforeAll(async () => {
  box = await startBox(`[auth]\nrequire_totp_for = ["admin"]\n[limits]\nlogin_attempts_per_minute = 100`);
  await box.account("admin");
  await box.account("clinician");
});
afterAll(() => box.stop());

interface Answer {
  access_token: string;
  totp_enrollment_required?: boolean;
  code: string;
  secret: string;
  otpauth_url: string;
  qr_svg: string;
  recovery_codes: string[];
}
async function ask(method: string, path: string, token: string | null, body?: object) {
  const answer = await fetch(box.url + path, {
    method,
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text === "" ? {} : JSON.parse(text)) as Answer };
}
const signIn = (username: string, second: object = {}) =>
  ask("POST", "/auth/login", null, { username, password: testPassword, ...second });
const codeOf = (secret: string, steps = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 });

test("who must have a second factor and has none gets a token for /auth alone, sets it up, and signs in with it", async () => {
  const first = await signIn("admin");
  expect([first.status, first.body.totp_enrollment_required]).toEqual([200, true]);
  const token = first.body.access_token;
  for (const path of ["/uploads", "/admin/deliveries"]) {
    const answer = await ask("GET", path, token);
    expect([answer.status, answer.body.code]).toEqual([403, "totp_enrollment_required"]);
  }
  expect((await ask("POST", "/upload/init", token, { total_files: 1, total_size_bytes: 1 })).body.code).toBe(
    "totp_enrollment_required",
  );
  expect((await ask("GET", "/auth/me", token)).body).toMatchObject({ role: "admin", totp_enabled: false });
  const other = (await signIn("admin")).body.access_token; // whoever knows the password alone

  const { body: given } = await ask("POST", "/auth/totp/enroll", token);
  expect(given.otpauth_url).toStartWith("otpauth://totp/RelayPACS:admin?");
  expect(given.otpauth_url).toContain(given.secret);
  expect(given.qr_svg).toStartWith("<svg");
  expect((await ask("POST", "/auth/totp/confirm", token, { totp: "000000" })).body.code).toBe("totp_invalid");
  const { body: confirmed } = await ask("POST", "/auth/totp/confirm", token, { totp: codeOf(given.secret) });
  expect(confirmed.recovery_codes.length).toBe(10);

  expect((await ask("GET", "/uploads", token)).status).toBe(200); // the same token is a full one now
  expect((await ask("GET", "/auth/me", other)).status).toBe(401);
  expect((await ask("POST", "/auth/totp/enroll", token)).body.code).toBe("totp_already_set_up");

  expect((await signIn("admin")).body.code).toBe("totp_required");
  expect((await signIn("admin", { totp: "000000" })).body.code).toBe("totp_invalid");
  const next = codeOf(given.secret, 1);
  const both = await Promise.all([signIn("admin", { totp: next }), signIn("admin", { totp: next })]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
  const [recovery = "", another = ""] = confirmed.recovery_codes;
  const full = await signIn("admin", { recovery_code: recovery });
  expect([full.status, full.body.totp_enrollment_required]).toEqual([200, undefined]);
  expect((await signIn("admin", { recovery_code: recovery })).body.code).toBe("totp_invalid");

  const off = (body: object) => ask("POST", "/auth/totp/disable", full.body.access_token, body);
  expect((await off({ password: testPassword })).body.code).toBe("totp_required");
  expect((await off({ password: "wrong", recovery_code: another })).body.code).toBe("invalid_credentials");
  expect((await off({ password: testPassword, recovery_code: another })).status).toBe(204);
  expect((await ask("GET", "/uploads", full.body.access_token)).body.code).toBe("totp_enrollment_required");
}, 30_000);

test("five wrong codes, then a wait; reset on the box signs the account out and asks for the password alone", async () => {
  const { body } = await signIn("clinician");
  expect(body.totp_enrollment_required).toBeUndefined();
  const { secret } = (await ask("POST", "/auth/totp/enroll", body.access_token)).body;
  await ask("POST", "/auth/totp/confirm", body.access_token, { totp: codeOf(secret) });
  const codes: string[] = [];
  for (let n = 0; n < 6; n++) codes.push((await signIn("clinician", { totp: "000000" })).body.code);
  expect(codes).toEqual([...Array<string>(5).fill("totp_invalid"), "too_many_attempts"]);
  expect((await run(["user", "reset-totp", "clinician", "--config", box.configFile])).code).toBe(0);
  expect((await ask("GET", "/auth/me", body.access_token)).status).toBe(401);
  expect((await signIn("clinician")).status).toBe(200);
}, 30_000);

test("neither secrets nor codes are in what the box says", () => {
  expect(box.lines.join("\n")).not.toMatch(/[A-Z2-7]{16}|[A-Z2-7]{4}-[A-Z2-7]{4}/);
});
