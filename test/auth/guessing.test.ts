import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { run } from "../cli/binary.ts";
import { type Box, startBox, testPassword } from "../support/box.ts";
import { newUser, problemOf } from "../upload/api.ts";

/** Behind a proxy, so that requests come from as many addresses as a test likes. */
let box: Box;
setDefaultTimeout(60_000);
beforeAll(async () => {
  box = await startBox("", { tls: 'mode = "off"\nbehind_proxy = true\ntrusted_proxies = ["127.0.0.1"]' });
  for (const name of ["anna", "berta", "gone"]) await newUser(box, name, "clinician");
  await run(["user", "disable", "gone", "--config", box.configFile]);
});
afterAll(() => box.stop());

const signIn = (username: string, password: string, from: string) =>
  fetch(`${box.url}/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-forwarded-for": from },
    body: JSON.stringify({ username, password }),
  });

/** So many wrong passwords, `each` at once. @returns how often each status was answered */
async function guess(count: number, each: number, one: (n: number) => Promise<Response>) {
  const statuses = new Map<number, number>();
  for (let done = 0; done < count; done += each) {
    const answers = await Promise.all(Array.from({ length: each }, (_, n) => one(done + n)));
    for (const answer of answers) {
      await answer.body?.cancel();
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    }
  }
  return (status: number) => statuses.get(status) ?? 0;
}

test("T1: of 1 000 wrong passwords 10 are looked at, and the owner signs in from another address", async () => {
  const got = await guess(1000, 50, (n) => signIn("anna", `wrong ${n}`, "203.0.113.9"));
  expect([got(401), got(429)]).toEqual([10, 990]);
  await problemOf(await signIn("anna", testPassword, "203.0.113.9"), 429, "too_many_attempts");
  expect((await signIn("anna", testPassword, "198.51.100.1")).status).toBe(200);
});

test("T1: of 1 000 wrong passwords from 250 addresses 20 are looked at, and the owner signs in where they did before", async () => {
  expect((await signIn("berta", testPassword, "198.51.100.2")).status).toBe(200);
  const got = await guess(1000, 50, (n) => signIn("berta", `wrong ${n}`, `192.0.2.${n % 250}`));
  expect(got(401)).toBeLessThanOrEqual(20);
  expect(got(401) + got(429)).toBe(1000);
  expect((await signIn("berta", testPassword, "198.51.100.2")).status).toBe(200);
});

test("T2: of 500 sign-ins at once those that would wait long are told to come again, and nothing of theirs counts", async () => {
  const addresses = Array.from({ length: 500 }, (_, n) => `10.1.${n >> 8}.${n & 255}`);
  const refused: string[] = [];
  const got = await guess(500, 500, async (n) => {
    const from = addresses[n] ?? "";
    const answer = await signIn(`nobody ${n}`, "wrong", from);
    if (answer.status === 503) refused.push(from);
    if (answer.status === 503) expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    return answer;
  });
  expect(got(401) + got(503)).toBe(500);
  expect(got(503)).toBeGreaterThan(0);
  expect(await box.peakMemory()).toBeLessThan(400_000_000);
  // Ten guesses a minute are free from an address: the one that was not looked at is none of them.
  const again = await guess(11, 1, (n) => signIn(`somebody ${n}`, "wrong", refused[0] ?? ""));
  expect([again(401), again(429)]).toEqual([10, 1]);
  expect((await signIn("anna", testPassword, "198.51.100.1")).status).toBe(200);
});

test("T3: a wrong password, an unknown name and a disabled account are answered alike", async () => {
  const told = async (username: string, password: string) => {
    const answer = await signIn(username, password, "198.51.100.3");
    const { request_id: _own, ...problem } = await problemOf(answer, 401, "invalid_credentials");
    const {
      "x-request-id": _id,
      date: _date,
      ...headers
    } = Object.fromEntries(answer.headers) as Record<string, string>;
    return { problem, headers };
  };
  const wrong = await told("anna", "wrong");
  expect(await told("nobody", "wrong")).toEqual(wrong);
  expect(await told("gone", testPassword)).toEqual(wrong);
});
