import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Box, startBox } from "../support/box.ts";

let box: Box;
beforeAll(async () => {
  box = await startBox();
});
afterAll(() => box.stop());

const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  fetch(box.url + path, { method, headers, redirect: "manual", decompress: false });
/** The paths that the page itself loads. */
async function parts(): Promise<string[]> {
  const page = await (await get("/")).text();
  return [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? "");
}
const script = async () => (await parts()).find((path) => path.endsWith(".js")) ?? "";

test("/ is the app; all its parts come from the binary, hashed ones for ever, the others asked for again each time", async () => {
  const page = await get("/");
  expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  expect(await page.text()).toContain("<app-shell>");
  const paths = await parts();
  expect(paths.length).toBeGreaterThan(4);
  for (const path of [...paths, "/", "/index.html", "/sw.js", "/icons/icon-512.png", "/icons/maskable-512.png"]) {
    const { status, headers } = await get(path);
    const immutable = /^\/assets\/.+-[0-9a-z]{8}\.(js|css)$/.test(path);
    expect([path, status, headers.get("cache-control")]).toEqual([
      path,
      200,
      immutable ? "public, max-age=31536000, immutable" : "no-cache",
    ]);
    expect(headers.get("etag")).toMatch(/^"[\w-]{22}"$/);
  }
  expect((await get("/manifest.webmanifest")).headers.get("content-type")).toBe("application/manifest+json");
});

test("gzip for who takes it, with a tag of its own; 304 for who has it; HEAD says the same without a body", async () => {
  const path = await script();
  const plain = await get(path);
  const packed = await get(path, { "accept-encoding": "gzip, br" });
  expect([plain.headers.get("content-encoding"), packed.headers.get("content-encoding")]).toEqual([null, "gzip"]);
  const text = await plain.text();
  expect(new TextDecoder().decode(Bun.gunzipSync(await packed.arrayBuffer()))).toBe(text);
  const [tag, packedTag] = [plain.headers.get("etag") ?? "", packed.headers.get("etag") ?? ""];
  expect(tag).not.toBe(packedTag);
  for (const answer of [plain, packed]) expect(answer.headers.get("vary")).toBe("accept-encoding");

  const known = await get(path, { "accept-encoding": "gzip", "if-none-match": packedTag });
  expect([known.status, await known.text(), known.headers.get("etag")]).toEqual([304, "", packedTag]);
  expect((await get(path, { "if-none-match": packedTag })).status).toBe(200);

  const head = await get(path, {}, "HEAD");
  expect([head.status, await head.text(), head.headers.get("etag")]).toEqual([200, "", tag]);
  expect(head.headers.get("content-length")).toBe(String(new TextEncoder().encode(text).length));
});

test("what is not a file of the app is a problem document, never the page", async () => {
  for (const path of ["/main.js", "/assets/none-12345678.js", "/assets", "/assets/", "/uploads/x", "/upload", "/a/b"]) {
    const answer = await get(path, { accept: "text/html" });
    expect([path, [401, 404].includes(answer.status)]).toEqual([path, true]);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
  }
  for (const path of ["/index.html.gz", "/..%2f7zz", "/icons/..%2fsw.js", "/stage/web/index.html"])
    expect((await get(path)).status).toBe(404);
});

test("nothing allows inline code or style or anything foreign", async () => {
  for (const path of ["/", "/sw.js", "/health", "/nothing", "/docs", "/docs/errors"]) {
    const { headers } = await get(path);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).not.toContain("unsafe");
    expect(policy).toContain("require-trusted-types-for 'script'");
    for (const rule of ["script-src 'self'", "worker-src 'self'", "manifest-src 'self'", "img-src 'self' data: blob:"])
      expect(policy).toContain(rule);
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("permissions-policy")).toContain("geolocation=()");
  }
});

test("files that are shared where no service worker is lead to the app", async () => {
  const form = new FormData();
  form.set("files", new File(["x"], "IM1"));
  const answer = await fetch(`${box.url}/share`, { method: "POST", body: form, redirect: "manual" });
  expect([answer.status, answer.headers.get("location")]).toEqual([303, "/#/send?shared"]);
});
