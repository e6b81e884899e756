import { expect, test } from "bun:test";
import { startBox, testPassword } from "../support/box.ts";

test("behind a proxy that encrypts, the cookie is Secure and bound to the host; the proxy's and the public name are own ones", async () => {
  const box = await startBox("", {
    top: 'public_url = "https://pacs.example"',
    tls: 'mode = "off"\nbehind_proxy = true\ntrusted_proxies = ["127.0.0.1"]',
  });
  try {
    await box.client("radiographer");
    const signIn = (headers: Record<string, string>) =>
      fetch(`${box.url}/auth/login`, {
        method: "POST",
        headers,
        body: JSON.stringify({ username: "radiographer", password: testPassword }),
      });
    const answer = await signIn({ origin: "https://pacs.example" });
    const cookie = answer.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/^__Host-relaypacs=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure$/);
    expect((await signIn({ origin: "https://a.example", "x-forwarded-host": "a.example" })).status).toBe(200);
    expect((await signIn({ origin: "https://a.example" })).status).toBe(403);
    const headers = { cookie: cookie.split(";")[0] ?? "" };
    expect((await fetch(`${box.url}/auth/refresh`, { method: "POST", headers })).status).toBe(200);
  } finally {
    await box.stop();
  }
}, 30_000);
