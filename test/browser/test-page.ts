import { join } from "node:path";
import type { Page } from "playwright-core";
import { securityHeaders } from "../../src/http/security-headers.ts";

declare global {
  interface Window {
    asked: string[];
  }
}

/** What the screens on that page have asked of the box and the queue, in order. */
export const askedOn = (page: Page): Promise<string[]> => page.evaluate(() => window.asked);

/** Serves every screen in every state out of web/dev, under the policy that the box sends. */
export interface TestPage {
  /** The address of a scene. */
  scene(name: string, language?: string): string;
  stop(): void;
}

const root = join(import.meta.dir, "../..");
const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>RelayPACS</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/styles.css"></head><body><script type="module" src="/stub-page.js"></script></body></html>`;

export async function serveTestPage(): Promise<TestPage> {
  const built = await Bun.build({
    entrypoints: [join(root, "web/dev/stub-page.ts"), join(root, "web/styles.css")],
    target: "browser",
    format: "esm",
    splitting: true,
    publicPath: "/",
    naming: { entry: "[name].[ext]", chunk: "[name]-[hash].[ext]" },
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const files = new Map(built.outputs.map((output) => [output.path.replace(/^\.?\/?/, "/"), output]));
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => {
      const { pathname } = new URL(request.url);
      const file = files.get(pathname);
      if (file !== undefined) return new Response(file, { headers: { "content-type": file.type } });
      if (pathname !== "/") return new Response("", { status: 404 });
      return new Response(page, {
        headers: { ...securityHeaders("/"), "content-type": "text/html; charset=utf-8" },
      });
    },
  });
  return {
    scene: (name, language = "en") => `http://127.0.0.1:${server.port}/?scene=${name}&language=${language}`,
    stop: () => void server.stop(true),
  };
}
