import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createHash, X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { testPassword } from "../support/box.ts";
import { program } from "../support/child.ts";
import { madeBytes } from "../support/made-instance.ts";
import { type LanBox, startLanBox } from "./lan.ts";

setDefaultTimeout(60_000);
let lan: LanBox;
beforeAll(async () => {
  lan = await startLanBox('[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"');
  await lan.box.account("radiographer");
});
afterAll(() => lan.stop());

const json = { "content-type": "application/json" };
const credentials = JSON.stringify({ username: "radiographer", password: testPassword });
const signIn = (headers: Record<string, string> = json) =>
  lan.fetch("/auth/login", { method: "POST", headers, body: credentials });

test("without any configuration of TLS the box serves https with a certificate of its own", async () => {
  expect(lan.box.url).toStartWith("https://127.0.0.1:");
  expect((await lan.fetch("/health")).status).toBe(200);
  expect(fetch(`${lan.box.url}/health`)).rejects.toThrow();
  const { port } = new URL(lan.box.url);
  expect((await fetch(`https://localhost:${port}/health`, { tls: { ca: lan.authority } })).status).toBe(200);
});

test("the cookie is bound to the host, Secure, HttpOnly and Strict; every answer carries the headers", async () => {
  const answer = await signIn();
  expect(answer.headers.get("set-cookie")).toMatch(
    /^__Host-relaypacs=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure$/,
  );
  for (const path of ["/", "/health", "/nothing", "/trust", "/uploads"]) {
    const { headers } = await lan.fetch(path);
    expect(headers.get("strict-transport-security")).toBe("max-age=15552000");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("content-security-policy")).not.toContain("unsafe-inline");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  }
});

test("T11: another site's form, fetch and text/plain are refused before their body counts; CORS is closed", async () => {
  const kinds = [
    "application/json",
    "application/x-www-form-urlencoded",
    "text/plain",
    "multipart/form-data; boundary=x",
  ];
  const cookie = (await signIn()).headers.get("set-cookie")?.split(";")[0] ?? "";
  for (const type of kinds)
    for (const path of ["/auth/login", "/auth/refresh", "/auth/logout"])
      for (const from of [{ origin: "https://evil.example" }, { origin: "null" }, { "sec-fetch-site": "cross-site" }]) {
        const headers = { "content-type": type, cookie, ...from } as Record<string, string>;
        const answer = await lan.fetch(path, { method: "POST", headers, body: credentials });
        expect([path, type, answer.status]).toEqual([path, type, 403]);
        expect(answer.headers.get("access-control-allow-origin")).toBeNull();
      }
  const asked = { origin: "https://evil.example", "access-control-request-method": "PUT" };
  const preflight = await lan.fetch("/upload/init", { method: "OPTIONS", headers: asked });
  expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
  const own = { ...json, cookie, origin: lan.box.url, "sec-fetch-site": "same-origin" };
  expect((await lan.fetch("/auth/refresh", { method: "POST", headers: own })).status).toBe(200);
});

test("plain HTTP sends browsers to https, takes nothing, and says how to trust the box", async () => {
  const redirected = await fetch(`${lan.plain}/docs?x=1`, { redirect: "manual" });
  expect([redirected.status, redirected.headers.get("location")]).toEqual([307, `${lan.box.url}/docs?x=1`]);
  const told = await fetch(`${lan.plain}/auth/login`, { method: "POST", headers: json, body: credentials });
  expect([told.status, told.headers.get("set-cookie")]).toEqual([403, null]);

  const certificate = new X509Certificate(lan.authority);
  for (const language of ["en", "de", "fr"]) {
    const page = await fetch(`${lan.plain}/trust`, { headers: { "accept-language": `${language}-XX,en;q=0.5` } });
    const text = await page.text();
    expect(text).toContain(`<html lang="${language}">`);
    expect(text).toContain(certificate.fingerprint256);
    expect(text.match(/<details/g)).toHaveLength(5);
  }
  const secure = await (await lan.fetch("/trust?lang=fr")).text();
  expect(secure).toContain('<html lang="fr">');
  const profile = await (await fetch(`${lan.plain}/trust/relaypacs.mobileconfig`)).text();
  expect(profile).toContain(certificate.raw.toString("base64"));
  expect(profile).toContain("com.apple.security.root");
  expect(createHash("sha256").update(certificate.raw).digest("hex")).toBe(
    certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
  );
});

const openssl = program("openssl");
if (openssl !== null)
  test("TLS 1.2 and 1.3 with forward secrecy and authenticated ciphers alone", async () => {
    const authority = join(lan.box.dataDir, "authority.pem");
    writeFileSync(authority, lan.authority);
    const spoken = (...options: string[]) => {
      const at = ["-connect", new URL(lan.box.url).host, "-CAfile", authority, "-verify_return_error"];
      const ran = Bun.spawnSync([openssl, "s_client", ...at, ...options], { stdin: Buffer.from("") });
      return /Cipher is (\S+)/.exec(ran.stdout.toString())?.[1] ?? "(NONE)";
    };
    const weak = (name: string) => spoken("-tls1_2", "-cipher", `${name}:@SECLEVEL=0`);
    expect(spoken("-tls1_3")).toStartWith("TLS_");
    expect(spoken("-tls1_2")).toMatch(/^ECDHE-ECDSA-.*(GCM|POLY1305)/);
    for (const version of ["-tls1", "-tls1_1"]) expect(spoken(version, "-cipher", "ALL:@SECLEVEL=0")).toBe("(NONE)");
    for (const name of ["AES128-SHA", "AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA"])
      expect(weak(name)).toBe("(NONE)");
  });

test("a certificate renewed again and again under load drops no upload", async () => {
  const token = ((await (await signIn()).json()) as { access_token: string }).access_token;
  const served = async () => {
    const text = await (await lan.fetch("/trust/ca.crt")).arrayBuffer();
    return text.byteLength;
  };
  expect(await served()).toBeGreaterThan(100);
  let renewals = 0;
  const upload = async (number: number): Promise<string> => {
    const bytes = madeBytes({ pixels: 200_000, fill: number, study: `2.25.7${number}` });
    const init = await persist("/upload/init", {
      method: "POST",
      headers: { ...json, authorization: `Bearer ${token}`, "idempotency-key": `renewal-${number}` },
      body: JSON.stringify({ total_files: 1, total_size_bytes: bytes.length, chunk_size: 16_384 }),
    });
    const { upload_id, upload_token } = (await init.json()) as { upload_id: string; upload_token: string };
    const headers = { authorization: `Bearer ${upload_token}`, "content-type": "application/octet-stream" };
    for (let at = 0; at * 16_384 < bytes.length; at++) {
      const body = bytes.slice(at * 16_384, (at + 1) * 16_384);
      const path = `/upload/${upload_id}/chunk?file_id=a&chunk_index=${at}&name=a.dcm`;
      expect((await persist(path, { method: "PUT", headers, body })).status).toBe(200);
    }
    const done = await persist(`/upload/${upload_id}/complete?wait=60`, {
      method: "POST",
      headers: { authorization: headers.authorization },
    });
    return ((await done.json()) as { status: string }).status;
  };
  /** As every client of an upload: what broke off is asked again. */
  const persist = async (path: string, init: RequestInit): Promise<Response> => {
    for (let tries = 0; tries < 20; tries++) {
      const answer = await lan.fetch(path, init).catch(() => null);
      if (answer !== null) return answer;
    }
    throw new Error(`${path} was never answered`);
  };
  let going = true;
  const renewing = (async () => {
    while (going && renewals < 40) {
      const before = lan.box.events("tls.certificate_changed").length;
      renewals++;
      const top = `public_url = "https://10.9.0.${renewals}"`;
      const text = await Bun.file(lan.box.configFile).text();
      writeFileSync(lan.box.configFile, `${top}\n${text.replace(/^public_url.*\n/, "")}`);
      process.kill(lan.box.pid, "SIGHUP");
      while (lan.box.events("tls.certificate_changed").length === before) await Bun.sleep(5);
    }
  })();
  const states = await Promise.all([1, 2, 3, 4].map(upload));
  going = false;
  await renewing;
  expect(states).toEqual(["success", "success", "success", "success"]);
  expect(lan.box.events("tls.certificate_changed").length).toBe(renewals);
  expect(renewals).toBeGreaterThan(1);
});
