import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Box, startBox, testPassword } from "../support/box.ts";

let box: Box;
beforeAll(async () => {
  box = await startBox("[limits]\nlogin_attempts_per_minute = 3");
  await box.client("radiographer");
});
afterAll(() => box.stop());

const signIn = (username: string, password: string) =>
  fetch(`${box.url}/auth/login`, { method: "POST", body: JSON.stringify({ username, password }) });

test("a ward signs in from one address as often as it likes; wrong passwords are stopped, with the time to wait", async () => {
  for (let n = 0; n < 8; n++) expect((await signIn("radiographer", testPassword)).status).toBe(200);
  for (let n = 0; n < 3; n++)
    expect((await (await signIn("radiographer", "wrong")).json()).code).toBe("invalid_credentials");
  const stopped = await signIn("radiographer", testPassword);
  expect([stopped.status, (await stopped.json()).code]).toEqual([429, "too_many_attempts"]);
  expect(Number(stopped.headers.get("retry-after"))).toBeGreaterThan(0);
});

test("events carry the request id that the answer names, and neither name nor address", async () => {
  const answer = await signIn("somebody-else", "wrong");
  const id = answer.headers.get("x-request-id");
  expect((await answer.json()).request_id).toBe(id);
  for (const line of box.lines) expect(line).not.toContain("somebody-else");
  expect(box.events("auth.sign_in_failed").length).toBe(3);
  for (const event of box.events("auth.sign_in_failed")) expect(event.request_id).toBeString();
});
