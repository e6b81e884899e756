import { afterEach, beforeEach, expect, test } from "bun:test";
import { run } from "../cli/binary.ts";
import { type Box, startBox, testPassword } from "../support/box.ts";
import { until } from "../support/child.ts";

let box: Box;
beforeEach(async () => {
  box = await startBox("", { notSetUp: true });
}, 30_000);
afterEach(() => box.stop());

const setUp = (code: string, username = "head", password = testPassword, headers: Record<string, string> = {}) =>
  fetch(`${box.url}/setup`, { method: "POST", headers, body: JSON.stringify({ code, username, password }) });
const codeOf = async (answer: Response) => ((await answer.json()) as { code: string }).code;
const status = async (path: string, init: RequestInit = {}) =>
  (await fetch(box.url + path, { redirect: "manual", ...init })).status;
const freshCode = async () => (await run(["setup-code", "--config", box.configFile])).stdout.trim();

test("before there is an administrator only the set-up answers, for whom has signed in as well", async () => {
  await box.account("clinician");
  for (const path of ["/setup", "/health", "/ready", "/index.html"])
    expect([path, await status(path)]).toEqual([path, 200]);
  expect(await (await fetch(`${box.url}/setup`)).json()).toEqual({ setup_required: true });
  const page = await fetch(box.url, { redirect: "manual" });
  expect([page.status, page.headers.get("location")]).toEqual([303, "/index.html#/setup"]);
  const body = JSON.stringify({ username: "clinician", password: testPassword });
  const login = await fetch(`${box.url}/auth/login`, { method: "POST", body });
  expect([login.status, login.headers.get("retry-after")]).toEqual([503, expect.any(String)]);
  expect(await codeOf(login)).toBe("setup_required");
  for (const path of ["/docs", "/docs/json", "/nonsense"]) expect([path, await status(path)]).toEqual([path, 503]);
  expect(await status("/uploads")).toBe(401);
}, 30_000);

test("T29: the code on stderr makes the first administrator, once; after that there is no set-up", async () => {
  await until("the code", () => box.errors.some((line) => line.includes("enter the code")));
  const [code = ""] = /[A-Z2-7]{4}(-[A-Z2-7]{4}){3}/.exec(box.errors.join("\n")) ?? [];
  expect(await codeOf(await setUp("AAAA-BBBB-CCCC-DDDD"))).toBe("setup_code_invalid");
  expect(await codeOf(await setUp(code, "head", "short"))).toBe("password_unfit"); // and the code is still good
  expect((await setUp(code, "head", testPassword, { origin: "https://evil.example" })).status).toBe(403);
  const made = await setUp(code.toLowerCase().replaceAll("-", " "));
  expect(made.status).toBe(201);
  expect(made.headers.get("set-cookie")).toContain("HttpOnly");
  const { access_token, user } = (await made.json()) as { access_token: string; user: object };
  expect(user).toMatchObject({ username: "head", role: "admin" });
  const headers = { authorization: `Bearer ${access_token}` };
  expect(await status("/uploads", { headers })).toBe(200);
  expect([await status("/setup"), (await setUp(code)).status, await status("/")]).toEqual([404, 404, 200]);
  const late = await run(["setup-code", "--config", box.configFile]);
  expect([late.code, late.stdout]).toEqual([1, ""]);
  expect(box.lines.join("\n")).not.toContain(code);
}, 30_000);

test("T29: a fresh code voids the one before; of two people at once one wins", async () => {
  const old = await freshCode();
  const code = await freshCode();
  expect(await codeOf(await setUp(old))).toBe("setup_code_invalid");
  const answers = await Promise.all(["one", "two", "three"].map((name) => setUp(code, name)));
  expect(answers.filter((answer) => answer.status === 201).length).toBe(1);
  const { stdout } = await run(["user", "list", "--json", "--config", box.configFile]);
  expect((JSON.parse(stdout) as unknown[]).length).toBe(1);
}, 30_000);

test("an administrator made on the command line ends the set-up", async () => {
  const code = await freshCode();
  await box.account("admin");
  expect((await setUp(code)).status).toBe(404);
  expect(await status("/docs/json")).toBe(200);
}, 30_000);
