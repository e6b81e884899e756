import { existsSync } from "node:fs";
import { join } from "node:path";
import { staticPlugin } from "@elysiajs/static";
import { Elysia } from "elysia";
import { errorPage } from "../error-page.ts";

/** Where build.ts lays the page's parts, packed by gzip; nothing of it comes from outside (STACK fact 5). */
const parts = join(import.meta.dir, "stage/docs");

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>RelayPACS · HTTP interface</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/docs/assets/swagger-ui.css" />
    <link rel="stylesheet" href="/docs/assets/docs.css" />
  </head>
  <body>
    <div id="docs"></div>
    <script src="/docs/assets/swagger-ui-bundle.js"></script>
    <script src="/docs/assets/start.js"></script>
  </body>
</html>
`;

const html = (body: string) => () => new Response(body, { headers: { "content-type": "text/html; charset=utf-8" } });

/** The page at /docs, and what the codes mean at /docs/errors. Where the code runs without having been built the page has no parts. */
export async function docsRoutes() {
  const app = new Elysia()
    .get("/docs", html(page), { detail: { hide: true } })
    .get("/docs/errors", html(errorPage()), { detail: { hide: true } });
  if (!existsSync(parts)) return app;
  const served = await staticPlugin({
    assets: parts,
    prefix: "/docs/assets",
    alwaysStatic: true, // a route per file that is there, none for a path that somebody asks for
    etag: false, // it writes them without the quotes of RFC 9110 8.8.3
    headers: { "content-encoding": "gzip", "cache-control": "public, max-age=86400" },
    silent: true,
  });
  // Each by a function: of a fixed Response the server's own headers would win, and HEAD would find nothing.
  for (const { path, handler } of served.routes)
    app.get(path, () => (handler as unknown as Response).clone(), { detail: { hide: true } });
  return app;
}
