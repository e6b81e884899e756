import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Box, startBox, testPassword } from "../support/box.ts";
import type { Client } from "../support/client.ts";
import { newUser, oneFile, pattern, problemOf, put, rawRequest } from "./api.ts";

const K = 4096;
const perMinute = 25;
let box: Box;
let client: Client;
let other: Client;
beforeAll(async () => {
  box = await startBox(
    `[limits]\nrequests_per_minute = ${perMinute}\nlogin_attempts_per_minute = 4\nmax_open_uploads_per_user = 2`,
  );
  client = await newUser(box, "busy", "clinician");
  other = await newUser(box, "calm", "clinician");
});
afterAll(() => box.stop());

const login = (username: string, password: string) =>
  fetch(`${box.url}/auth/login`, { method: "POST", body: JSON.stringify({ username, password }) });

test("T25: max_open_uploads_per_user: 429 until one of them ends; other users are not asked", async () => {
  const first = await client.init(oneFile(10));
  await client.init(oneFile(10));
  const third = () => client.request("POST", "/upload/init", { body: oneFile(10) });
  await problemOf(await third(), 429, "too_many_uploads");
  await other.init(oneFile(10));
  expect((await client.request("DELETE", `/upload/${first.upload_id}`)).status).toBe(204);
  expect((await third()).status).toBe(201);
});

test("requests_per_minute: 429 with Retry-After for this user alone; chunks go on", async () => {
  const opened = await other.init(oneFile(K));
  const me = () => other.request("GET", "/auth/me");
  let answer = await me();
  let asked = 0;
  for (; answer.status === 200 && asked <= perMinute; asked++) answer = await me();
  await problemOf(answer, 429, "too_many_requests");
  expect(Number(answer.headers.get("retry-after"))).toBeLessThanOrEqual(60);
  await problemOf(await other.request("GET", `/upload/${opened.upload_id}/status`), 429, "too_many_requests");
  for (let time = 0; time < perMinute + 5; time++)
    expect((await put(box, opened, { file_id: "a", chunk_index: 0 }, pattern(K))).status).toBe(200);
  expect((await client.request("GET", "/auth/me")).status).toBe(200);
});

test("login_attempts_per_minute: 429 with Retry-After, the right password included", async () => {
  for (let time = 0; time < 4; time++) await problemOf(await login("busy", "wrong"), 401, "invalid_credentials");
  await problemOf(await login("busy", "wrong"), 429, "too_many_attempts");
  const answer = await login("busy", testPassword);
  expect(Number(answer.headers.get("retry-after"))).toBeLessThanOrEqual(60);
  await problemOf(answer, 429, "too_many_attempts");
  expect((await client.request("GET", "/auth/me")).status).toBe(200); // who is signed in stays so
});

/** Sign-in from another address of this machine. */
async function loginFrom(address: string, body: string): Promise<Response> {
  const raw = await rawRequest(box.url, ["POST /auth/login HTTP/1.1", `Content-Length: ${body.length}`], address);
  raw.write(body);
  const answer = await raw.answer();
  raw.drop();
  return answer;
}

test("one name however it is written: tries from other addresses count together, twice as many as from one", async () => {
  const written = ["calm", " CALM", "calm  ", "\tCalm", "CALM", "cALM", "\ncalm", "Calm"];
  for (const [index, username] of written.entries()) {
    const wrong = await loginFrom(`127.0.1.${index + 1}`, JSON.stringify({ username, password: "wrong" }));
    await problemOf(wrong, 401, "invalid_credentials");
  }
  const next = await loginFrom("127.0.1.9", JSON.stringify({ username: "calm ", password: "wrong" }));
  await problemOf(next, 429, "too_many_attempts");
});

test("an address past its limit is told so before its body is read", async () => {
  for (let time = 0; time < 4; time++) await problemOf(await loginFrom("127.0.2.1", "{"), 400, "invalid_json");
  const head = ["POST /auth/login HTTP/1.1", "Content-Length: 100"];
  const raw = await rawRequest(box.url, head, "127.0.2.1"); // of its body nothing ever comes
  await problemOf(await raw.answer(), 429, "too_many_attempts");
  raw.drop();
});

test("T25: too little disk: 507 before the first byte, with Retry-After", async () => {
  const full = await startBox("[limits]\nmin_free_disk_bytes = 9000000000000000");
  try {
    const owner = await newUser(full, "owner", "clinician");
    const answer = await owner.request("POST", "/upload/init", { body: oneFile(10) });
    await problemOf(answer, 507, "insufficient_storage");
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await (await owner.request("GET", "/uploads")).json()).toEqual({ uploads: [], next_cursor: null });
  } finally {
    await full.stop();
  }
});

test("sign-in answers the shape of CONTRACT §3", async () => {
  const fresh = await startBox();
  try {
    await newUser(fresh, "anna", "radiographer");
    const answer = await fetch(`${fresh.url}/auth/login`, {
      method: "POST",
      body: JSON.stringify({ username: "Anna", password: testPassword }),
    });
    expect(await answer.json()).toEqual({
      access_token: expect.any(String),
      token_type: "Bearer",
      expires_in: 900,
      user: { id: expect.any(String), username: "anna", role: "radiographer" },
    });
  } finally {
    await fresh.stop();
  }
});
