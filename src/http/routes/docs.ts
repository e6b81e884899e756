import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { staticPlugin } from "@elysiajs/static";
import { Elysia } from "elysia";
import { errorPage } from "../error-page.ts";

/** The documentation page's parts come with the binary (build.ts stages them), nothing from outside (STACK fact 5). */
function assetsFolder(): string {
  const embedded = join(import.meta.dir, "stage/docs");
  if (existsSync(join(embedded, "swagger-ui.css"))) return embedded;
  return dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
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

export const docsRoutes = async () =>
  new Elysia()
    .get("/docs", text(page, "text/html"), { detail: { hide: true } })
    .get("/docs/errors", text(errorPage(), "text/html"), { detail: { hide: true } })
    .get("/docs/start.js", text(script, "text/javascript"), { detail: { hide: true } })
    .use(
      await staticPlugin({
        assets: assetsFolder(),
        prefix: "/docs/assets",
        alwaysStatic: true,
        ignorePatterns: [/\.map$/, /es-bundle/, /\.html$/, /index\./, /initializer/],
      }),
    );
