import { Elysia } from "elysia";
import { answerWebFile, loadWebFiles, type WebFiles } from "../web-app.ts";

/** The embedded app. Each file is a route of its own: whatever is not one of them is not found. */
export function webRoutes(files: WebFiles = loadWebFiles()) {
  const app = new Elysia();
  const hidden = { detail: { hide: true } };
  for (const [path, file] of files) {
    const answer = ({ request }: { request: Request }) => answerWebFile(file, request);
    app.get(path, answer, hidden).head(path, answer, hidden);
  }
  // The share sheet's form (manifest.webmanifest) is the service worker's to answer. Where there is none, the app opens and asks for the files; the body is not looked at.
  const share = () => new Response(null, { status: 303, headers: { location: "/#/send?shared" } });
  return app.post("/share", share, { parse: "none", ...hidden });
}
