import { RelayError } from "../core/errors.ts";
import { problem } from "./errors.ts";
import { requestId } from "./request-id.ts";
import { securityHeaders } from "./security-headers.ts";
import { trustAnswer } from "./trust/answer.ts";
import type { TrustView } from "./trust/page.ts";
import { answerWebFile, type WebFiles } from "./web-app.ts";

interface PlainDeps {
  readonly view: (request: Request) => TrustView;
  readonly files: WebFiles;
}

/** Style, script and icon of the trust page. */
const isPart = (path: string, view: TrustView) => /^\/(trust|icons)\/[\w.-]+$/.test(path) || path === view.stylesheet;

/**
 * What `tls.http_listen` answers: the trust page, and the way to https. Whatever would carry something is refused: it has
 * been readable on the wire already, and a client that is told so stops doing it.
 */
export function plainAnswer(request: Request, { view: viewOf, files }: PlainDeps): Response {
  const respond = (): Response => {
    if (!URL.canParse(request.url)) return problem(new RelayError("host_invalid"), requestId(request));
    const { pathname, search } = new URL(request.url);
    const view = viewOf(request);
    if (request.method !== "GET" && request.method !== "HEAD") {
      const message = `Nothing is taken here without encryption. Use ${view.secureOrigin}.`;
      return problem(new RelayError("forbidden", message), requestId(request));
    }
    const part = isPart(pathname, view) ? files.get(pathname) : undefined;
    const answer = trustAnswer(pathname, view, request) ?? (part ? answerWebFile(part, request) : null);
    // Not for ever (307): another day the box may be reached elsewhere.
    return (
      answer ?? new Response(null, { status: 307, headers: { location: `${view.secureOrigin}${pathname}${search}` } })
    );
  };
  const answer = respond();
  for (const [name, value] of Object.entries({ "cache-control": "no-store", ...securityHeaders("/trust") }))
    if (!answer.headers.has(name)) answer.headers.set(name, value);
  return answer;
}
