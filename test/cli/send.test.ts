import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, start } from "./binary.ts";
import { type FakeRelay, receivedFile, startFakeRelay } from "./fake-relay.ts";

const password = "correct horse";
let relay: FakeRelay;
let folder: string;
let study: string;

/** Bytes that differ at every place where chunks could be mixed up. */
const bytes = (length: number) =>
  Buffer.from(Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 7 + (at >> 16)) & 0xff));
const big = bytes(9_000_001);

beforeEach(() => {
  relay = startFakeRelay(password);
  folder = mkdtempSync(join(tmpdir(), "relaypacs-send-"));
  study = join(folder, "study");
  mkdirSync(join(study, "series"), { recursive: true });
  writeFileSync(join(study, "series", "big.dcm"), big);
  writeFileSync(join(study, "a\u202eb.dcm"), bytes(10));
  writeFileSync(join(study, "empty"), "");
  symlinkSync("/etc/hostname", join(study, "link"));
});
afterEach(async () => {
  await relay.stop();
  rmSync(folder, { recursive: true });
});

const env = () => ({ XDG_STATE_HOME: join(folder, "state") });
const args = (...more: string[]) => ["send", "--url", relay.url, "--username", "anna", "--password-stdin", ...more];
const send = (...more: string[]) => run(args(...more, study), { env: env(), stdin: `${password}\n` });
const chunkRequests = () => relay.requests.filter((route) => route === "PUT /upload/:id/chunk").length;

describe("send", () => {
  test("sends a folder: names, bytes, an empty file, and no links", async () => {
    const { code, stdout, stderr } = await send("--stat", "--notes", "chest pain", "--destination", "main");
    expect(stderr).toContain("Delivered");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    const [upload] = relay.uploads;
    if (upload === undefined) throw new Error("nothing arrived");
    const names = upload.init.files?.map(({ name, size_bytes }) => [name, size_bytes]);
    expect(names).toEqual([
      ["study/a_b.dcm", 10],
      ["study/empty", 0],
      ["study/series/big.dcm", big.length],
    ]);
    expect(receivedFile(upload, "f2").equals(big)).toBe(true);
    expect(upload.init.study_metadata).toEqual({
      service_level: "stat",
      clinical_notes: "chest pain",
      destination_ids: ["main"],
    });
    expect(upload.init.files?.every((file) => /^[0-9a-f]{64}$/.test(file.sha256 ?? ""))).toBe(true);
  });

  test("sends files whose names are not UTF-8, as old CDs have them", async () => {
    const series = Buffer.from(join(study, "series"));
    writeFileSync(Buffer.concat([series, Buffer.from("/Sch\xe4del.dcm", "latin1")]), big);
    const { code } = await send();
    expect(code).toBe(0);
    const [upload] = relay.uploads;
    const file = upload?.init.files?.find(({ name }) => name === "study/series/Sch\u00e4del.dcm");
    if (upload === undefined || file === undefined) throw new Error("it did not arrive");
    expect(receivedFile(upload, file.file_id).equals(big)).toBe(true);
  });

  test("--json prints the final status alone on stdout", async () => {
    const { stdout } = await send("--json");
    expect(JSON.parse(stdout)).toMatchObject({ upload_id: relay.uploads[0]?.id, state: "delivered" });
  });

  test.each(["needs_attention", "needs_confirmation", "failed", "partial"])("%s is not success", async (state) => {
    relay.finalState = state;
    expect((await send()).code).toBe(1);
  });

  test("a killed run goes on with the same upload and sends only what is missing", async () => {
    // The third chunk request is never answered: by then others have been, and the run is killed while it hangs.
    let held: () => void = () => {};
    const hanging = new Promise<void>((resolve) => {
      held = resolve;
    });
    let seen = 0;
    relay.before = (_request, route) => {
      if (route !== "PUT /upload/:id/chunk" || ++seen < 3) return undefined;
      held();
      return new Promise<Response>(() => {});
    };
    const first = start(args(study), { env: env(), stdin: password });
    await hanging;
    while ((relay.uploads[0]?.chunks.size ?? 0) === 0) await Bun.sleep(1);
    first.kill("SIGKILL");
    await first.exited;

    relay.before = () => undefined;
    const before = relay.uploads[0]?.chunks.size ?? 0;
    relay.requests.length = 0;
    expect((await send()).code).toBe(0);
    expect(relay.uploads).toHaveLength(1);
    expect(relay.requests).not.toContain("POST /upload/init");
    const allChunks = Math.ceil(big.length / 262_144) + 1;
    expect(chunkRequests()).toBeLessThanOrEqual(Math.ceil((allChunks - before) / 16) + 2);
    const [upload] = relay.uploads;
    if (upload !== undefined) expect(receivedFile(upload, "f2").equals(big)).toBe(true);
  });

  test("the kept state is for its owner alone", async () => {
    await send();
    const kept = readdirSync(join(folder, "state", "relaypacs"));
    expect(kept).toHaveLength(1);
    expect(statSync(join(folder, "state", "relaypacs", kept[0] ?? "")).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "state", "relaypacs")).mode & 0o777).toBe(0o700);
  });

  test("without the kept state the idempotency key finds the upload", async () => {
    relay.finalState = "needs_attention"; // not terminal: the same list is the same upload
    await send();
    rmSync(join(folder, "state"), { recursive: true });
    relay.requests.length = 0;
    await send();
    expect(relay.uploads).toHaveLength(1);
    expect(chunkRequests()).toBe(0);
  });

  test("a finished upload is not continued: the same command sends anew", async () => {
    relay.finalState = "failed";
    await send();
    relay.finalState = "delivered";
    expect((await send()).code).toBe(0);
    expect(relay.uploads).toHaveLength(2);
  });

  test("tokens that end on the way are renewed", async () => {
    let ended = false;
    relay.before = (_request, route) => {
      if (route === "PUT /upload/:id/chunk" && !ended) {
        ended = true;
        relay.endTokens();
      }
      return undefined;
    };
    expect((await send()).code).toBe(0);
    expect(relay.requests.filter((route) => route === "POST /auth/login")).toHaveLength(2);
    expect(relay.requests).toContain("POST /upload/:id/token");
  });

  test("a given access token may end on the way: the upload's own token renews itself", async () => {
    const login = await fetch(`${relay.url}/auth/login`, { method: "POST", body: JSON.stringify({ password }) });
    const { access_token } = (await login.json()) as { access_token: string };
    relay.expiresIn = 0; // past its half-life at once
    relay.before = (_request, route) => {
      if (route === "POST /upload/:id/token") relay.endAccess();
      return undefined;
    };
    const { code } = await run(["send", "--url", relay.url, study], {
      env: { ...env(), RELAYPACS_TOKEN: access_token },
    });
    expect(code).toBe(0);
    expect(relay.requests).toContain("POST /upload/:id/token");
  });

  test("what passes by itself is tried again: 503, 429, a spoilt body, a proxy that takes less at once", async () => {
    const bends = [
      () => Response.json({ code: "service_unavailable", detail: "Later." }, { status: 503 }),
      () => Response.json({ code: "too_many_requests", detail: "Slower." }, { status: 429 }),
      () => Response.json({ code: "digest_mismatch", detail: "Spoilt." }, { status: 400 }),
      () => new Response("<html>too large</html>", { status: 413 }),
    ];
    // Only requests of several chunks: of one that cannot be made smaller "too large" is the last word.
    const severalChunks = (request: Request) => Number(request.headers.get("content-length")) > 262_144;
    relay.before = (request, route) =>
      route === "PUT /upload/:id/chunk" && severalChunks(request) ? bends.shift()?.() : undefined;
    expect((await send()).code).toBe(0);
    expect(bends).toHaveLength(0);
    const [upload] = relay.uploads;
    if (upload !== undefined) expect(receivedFile(upload, "f2").equals(big)).toBe(true);
  });

  test("an error of the server's own is not tried for ever, and told once", async () => {
    const failure = { code: "internal_error", detail: "The box met an error." };
    relay.before = (_request, route) =>
      route === "POST /upload/init" ? Response.json(failure, { status: 500 }) : undefined;
    const { code, stderr } = await send();
    expect(code).toBe(1);
    expect(stderr.split("The box met an error.").length - 1).toBe(2);
    expect(relay.requests.filter((route) => route === "POST /upload/init")).toHaveLength(4);
  }, 20_000);

  test("the server's refusal is told in its own words", async () => {
    const refusal = { code: "too_many_uploads", detail: "Finish an upload first." };
    relay.before = (_request, route) =>
      route === "POST /upload/init" ? Response.json(refusal, { status: 409 }) : undefined;
    const { code, stderr } = await send();
    expect(code).toBe(1);
    expect(stderr).toContain("Finish an upload first.");
  });

  test("a wrong password fails, and nothing of it is shown", async () => {
    const { code, stderr } = await run(args(study), { env: env(), stdin: "hunter22" });
    expect(code).toBe(1);
    expect(stderr).toContain("invalid_credentials");
    expect(stderr).not.toContain("hunter22");
  });

  test("a given access token is used as it is", async () => {
    const login = await fetch(`${relay.url}/auth/login`, { method: "POST", body: JSON.stringify({ password }) });
    const { access_token } = (await login.json()) as { access_token: string };
    const token = { ...env(), RELAYPACS_TOKEN: access_token };
    expect((await run(["send", "--url", relay.url, study], { env: token })).code).toBe(0);
  });

  test.each([
    ["no account", ["send", "x"], "RELAYPACS_TOKEN"],
    ["a password on the command line", ["send", "--username", "anna", "x"], "--password-stdin"],
    ["an address of another kind", ["send", "--url", "ftp://x", "x"], "ftp://x is not"],
  ])("%s is wrong usage", async (_name, line, words) => {
    const { code, stderr } = await run(line, { env: env() });
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });

  test("a path that does not exist is wrong usage", async () => {
    const { code, stderr } = await run(args(join(folder, "nothing")), { env: env(), stdin: password });
    expect(code).toBe(2);
    expect(stderr).toContain("does not exist");
  });
});
