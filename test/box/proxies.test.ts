import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Box, startBox, testPassword } from "../support/box.ts";
import { type Child, freePort, program, startChild, until } from "../support/child.ts";
import { signIn } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { type TestCertificate, testCertificate } from "../support/test-certificates.ts";

const operations = readFileSync(join(import.meta.dir, "../../docs/operations.md"), "utf8");
const section = operations.split(/^## /m).find((part) => part.startsWith("Behind a proxy")) ?? "";
const block = (language: string) => new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, "m").exec(section)?.[1] ?? "";

let folder: string;
let box: Box;
let certificate: TestCertificate | null;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-proxy-"));
  certificate = testCertificate(folder);
  const [top = "", tls = ""] = block("toml").split("[tls]\n");
  box = await startBox('[[destination]]\nid = "archive"\nkind = "folder"\npath = "archive"', {
    top: top.replace(/^listen.*$/m, ""),
    tls,
  });
  await box.account("radiographer");
}, 30_000);
afterAll(async () => {
  await box.stop();
  rmSync(folder, { recursive: true });
});

/** The documented lines, on ports and with a certificate of this test's own. */
async function here(text: string, port: number): Promise<string> {
  return text
    .replace("listen 443", `listen 127.0.0.1:${port}`)
    .replace(/^relay\.hospital\.lan \{/m, `https://localhost:${port} {`)
    .replaceAll("/etc/ssl/relay.pem", certificate?.certFile ?? "")
    .replaceAll("/etc/ssl/relay.key", certificate?.keyFile ?? "")
    .replace("127.0.0.1:8080", new URL(box.url).host);
}
const proxies: Readonly<Record<string, (port: number) => Promise<Child>>> = {
  nginx: async (port) => {
    const own = join(folder, "nginx");
    mkdirSync(own);
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${own}/${name};`,
    );
    const main = `daemon off; pid ${own}/pid; error_log stderr; events {}\nhttp { access_log off; ${paths.join(" ")}\n`;
    writeFileSync(join(own, "nginx.conf"), `${main}${await here(block("nginx"), port)}}`);
    return startChild([program("nginx") ?? "", "-p", own, "-e", "stderr", "-c", join(own, "nginx.conf")]);
  },
  caddy: async (port) => {
    const file = join(folder, "Caddyfile");
    writeFileSync(file, `{\n  admin off\n  auto_https disable_redirects\n}\n${await here(block("caddyfile"), port)}`);
    const home = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
    return startChild([program("caddy") ?? "", "run", "--adapter", "caddyfile", "--config", file], { env: home });
  },
};

for (const [name, start] of Object.entries(proxies)) {
  const define = program(name) === null || program("openssl") === null ? () => {} : describe;
  define(`${name}, as docs/operations.md writes it`, () => {
    let proxy: Child;
    let url: string;
    const ask = (path: string, init: RequestInit = {}) =>
      fetch(url + path, { ...init, tls: { ca: certificate?.cert ?? "" } });
    beforeAll(async () => {
      const port = await freePort();
      url = `https://localhost:${port}`;
      proxy = await start(port);
      const up = () =>
        ask("/ready").then(
          ({ ok }) => ok,
          () => false,
        );
      await until(`${name} to serve`, up, 20_000).catch(() => {
        throw new Error(proxy.output());
      });
    }, 30_000);
    afterAll(() => proxy.stop());

    test("lets large bodies through, events as they happen, and says where a request came from", async () => {
      const signedIn = await ask("/auth/login", {
        method: "POST",
        headers: { origin: url },
        body: JSON.stringify({ username: "radiographer", password: testPassword }),
      });
      expect(signedIn.status).toBe(200);
      expect(signedIn.headers.get("set-cookie")).toMatch(/; Secure/);
      expect(signedIn.headers.get("strict-transport-security")).toContain("max-age");
      const client = await signIn(() => box.url, "radiographer", testPassword); // for what the proxy has no part in

      const bytes = madeBytes({ pixels: 8_388_608 });
      const opened = await client.init({ total_files: 1, total_size_bytes: bytes.length, chunk_size: 4_194_304 });
      const authorization = `Bearer ${opened.upload_token}`;
      const events = await ask(`/upload/${opened.upload_id}/events`, { headers: { authorization } });
      const reader = events.body?.getReader();
      const next = async () => new TextDecoder().decode((await reader?.read())?.value);
      expect(await next()).toContain('"progress_percent":0'); // while nothing else has come yet

      const half = 8_388_608;
      for (const [index, from] of [0, half].entries()) {
        const body = bytes.slice(from, from + half) as Uint8Array<ArrayBuffer>;
        const query = `file_id=a&chunk_index=${index * 2}&name=a.dcm&size_bytes=${bytes.length}`;
        const sent = await ask(`/upload/${opened.upload_id}/chunk?${query}`, {
          method: "PUT",
          headers: { authorization, "content-type": "application/octet-stream" },
          body,
        });
        expect([index, sent.status]).toEqual([index, 200]);
      }
      expect(await next()).toContain('"progress_percent":');
      await reader?.cancel();
      const done = await ask(`/upload/${opened.upload_id}/complete?wait=30`, {
        method: "POST",
        headers: { authorization },
      });
      expect(await done.json()).toMatchObject({ status: "success" });
    }, 60_000);
  });
}
