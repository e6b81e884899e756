import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Elysia } from "elysia";
import { errorPage } from "../error-page.ts";
import { answerWebFile, packedFile } from "../web-app.ts";

const parts: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  LICENSE: "text/plain; charset=utf-8",
};

/** The documentation page's parts come with the binary (build.ts stages them packed), nothing from outside (STACK fact 5). */
function part(name: string): Uint8Array<ArrayBuffer> {
  const embedded = join(import.meta.dir, "stage/docs", `${name}.zst`);
  if (existsSync(embedded)) return new Uint8Array(Bun.zstdDecompressSync(readFileSync(embedded)));
  const folder = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  return new Uint8Array(readFileSync(join(folder, name)));
}

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>RelayPACS · HTTP interface</title>
    <link rel="stylesheet" href="/docs/assets/swagger-ui.css" />
  </head>
  <body>
    <div id="docs"></div>
    <script src="/docs/assets/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;
const script = `SwaggerUIBundle({ url: "/docs/json", dom_id: "#docs", deepLinking: true, tryItOutEnabled: false, validatorUrl: null });\n`;

const text = (body: string, type: string) => () =>
  new Response(body, { headers: { "content-type": `${type}; charset=utf-8` } });

export function docsRoutes() {
  const app = new Elysia()
    .get("/docs", text(page, "text/html"), { detail: { hide: true } })
    .get("/docs/errors", text(errorPage(), "text/html"), { detail: { hide: true } })
    .get("/docs/start.js", text(script, "text/javascript"), { detail: { hide: true } });
  for (const [name, type] of Object.entries(parts)) {
    const file = packedFile(type, "public, max-age=86400", () => part(name));
    const answer = ({ request }: { request: Request }) => answerWebFile(file, request);
    app.get(`/docs/assets/${name}`, answer, { detail: { hide: true } });
  }
  return app;
}
