import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative } from "node:path";

/** One file of the app, as it is served. */
export interface WebFile {
  readonly type: string;
  readonly cacheControl: string;
  readonly plain: Variant;
  /** Packed at build time, where that helps. */
  readonly gzip: Variant | null;
}
interface Variant {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Quoted, as RFC 9110 8.8.3 wants it; each variant has its own. */
  readonly etag: string;
}
export type WebFiles = ReadonlyMap<string, WebFile>;

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

/** Below /assets/ the name says what is in the file, so it never changes; the rest is asked for again each time. */
const cacheControlOf = (path: string) =>
  path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";

const variant = (bytes: Uint8Array<ArrayBuffer>): Variant => ({
  bytes,
  etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`,
});

/** The app as build.ts embeds it (`stage/web`), by request path; empty where the code runs without having been built. */
export function loadWebFiles(folder = join(import.meta.dir, "stage/web")): WebFiles {
  const files = new Map<string, WebFile>();
  if (!existsSync(join(folder, "index.html"))) return files;
  const read = (path: string) => new Uint8Array(readFileSync(path));
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const type = types[extname(path)];
    if (!entry.isFile() || type === undefined) continue;
    const name = `/${relative(folder, path)}`;
    const packed = `${path}.gz`;
    files.set(name, {
      type,
      cacheControl: cacheControlOf(name),
      plain: variant(read(path)),
      gzip: existsSync(packed) ? variant(read(packed)) : null,
    });
  }
  const index = files.get("/index.html");
  if (index) files.set("/", index);
  return files;
}

/** Whether the client takes gzip: named, or `*`, and not with q=0 (RFC 9110 12.5.3). */
export function takesGzip(acceptEncoding: string | null): boolean {
  const weights = new Map(
    (acceptEncoding ?? "").split(",").map((part) => {
      const [coding = "", ...parameters] = part.split(";").map((it) => it.trim().toLowerCase());
      const weight = parameters.find((it) => it.startsWith("q="))?.slice(2);
      return [coding, weight === undefined ? 1 : Number(weight)] as const;
    }),
  );
  return (weights.get("gzip") ?? weights.get("*") ?? 0) > 0;
}

/** If-None-Match: a list of tags, `*`, weak comparison (RFC 9110 13.1.2). */
const matches = (ifNoneMatch: string | null, etag: string): boolean =>
  (ifNoneMatch ?? "").split(",").some((it) => it.trim() === "*" || it.trim().replace(/^W\//, "") === etag);

/** Answers GET and HEAD of one file. */
export function answerWebFile(file: WebFile, request: Request): Response {
  const gzip = takesGzip(request.headers.get("accept-encoding")) ? file.gzip : null;
  const { bytes, etag } = gzip ?? file.plain;
  const headers = new Headers({ etag, "cache-control": file.cacheControl });
  if (file.gzip) headers.set("vary", "accept-encoding");
  if (matches(request.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers });
  headers.set("content-type", file.type);
  if (gzip) headers.set("content-encoding", "gzip");
  if (request.method !== "HEAD") return new Response(bytes, { headers });
  headers.set("content-length", String(bytes.length));
  return new Response(null, { headers });
}
