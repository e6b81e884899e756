import { type AnyElysia, Elysia } from "elysia";
import { RelayError } from "../core/errors.ts";
import { errorFields } from "../core/log.ts";
import { trimEnd } from "../core/trim-end.ts";
import { accessOf } from "./access.ts";
import type { HttpContext } from "./context.ts";
import { asRelayError, httpStatus, problem } from "./errors.ts";
import { maxJsonBytes } from "./json-body.ts";
import { requireOwnOrigin } from "./own-origin.ts";
import { requireSingleParameters } from "./query.ts";
import { requestId } from "./request-id.ts";
import { accountRoutes } from "./routes/account.ts";
import { adminAuditRoutes } from "./routes/admin-audit.ts";
import { adminBackupRoutes } from "./routes/admin-backup.ts";
import { adminDeliveryRoutes } from "./routes/admin-deliveries.ts";
import { adminDestinationRoutes } from "./routes/admin-destinations.ts";
import { adminEventRoutes } from "./routes/admin-events.ts";
import { adminRouteRoutes } from "./routes/admin-routes.ts";
import { adminSessionRoutes } from "./routes/admin-sessions.ts";
import { adminStatisticsRoutes } from "./routes/admin-statistics.ts";
import { adminSystemRoutes } from "./routes/admin-system.ts";
import { adminUserRoutes } from "./routes/admin-users.ts";
import { authRoutes } from "./routes/auth.ts";
import { docsRoutes } from "./routes/docs.ts";
import { healthRoutes } from "./routes/health.ts";
import { invitationRoutes } from "./routes/invitations.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { receiptRoutes } from "./routes/receipts.ts";
import { sessionRoutes } from "./routes/sessions.ts";
import { answersBeforeSetup, setupRoutes } from "./routes/setup.ts";
import { studyRoutes } from "./routes/studies.ts";
import { trustRoutes } from "./routes/trust.ts";
import { uploadRoutes } from "./routes/upload.ts";
import { uploadLifeRoutes } from "./routes/upload-life.ts";
import { webRoutes } from "./routes/web.ts";
import { securityHeaders } from "./security-headers.ts";
import { isEncrypted } from "./session-cookie.ts";
import { invalidRequest } from "./validation.ts";
import { loadWebFiles } from "./web-app.ts";

/**
 * Handlers that read bodies or wait lift Bun's bound on silence (RELIABILITY fact 1). With the answer it stands again: without
 * that a connection which did so once never ends (measured), though nobody is at its other end.
 */
const idleSeconds = 60;

/** The whole HTTP side. @throws Error where a route has no entry in access.ts */
export async function createServer(context: HttpContext) {
  const { guard, log, needsSetup } = context;
  const files = loadWebFiles();
  // Not precompiled: each route costs its memory with its first request, all of them together 16 MB.
  const app: AnyElysia = new Elysia({ normalize: false, strictPath: true })
    .onRequest(async ({ request, server, set }) => {
      // RFC 9112 3.2: 400 for a Host that is none. Nothing behind this line could read such an address.
      if (!URL.canParse(request.url)) throw new RelayError("host_invalid");
      const path = pathOf(request);
      Object.assign(set.headers, securityHeaders(path, isEncrypted(context.config())));
      set.headers["x-request-id"] = requestId(request);
      set.headers["cache-control"] = "no-store"; // tokens, patients, receipts; what may be kept says so itself
      const length = Number(request.headers.get("content-length") ?? 0);
      requireOwnOrigin(request, path, server, context.config());
      await guard.authenticate(request, path);
      if (needsSetup()) {
        if (!answersBeforeSetup(path)) throw new RelayError("setup_required");
        // The app, at its set-up screen.
        if (path === "/") return new Response(null, { status: 303, headers: { location: "/index.html#/setup" } });
      }
      if (length > maxJsonBytes) throw new RelayError("request_too_large");
    })
    .onTransform(({ request, route, params }) => {
      guard.authorize(request, route, (params as { id?: string } | undefined)?.id);
      requireSingleParameters(request.url);
    })
    .onAfterHandle(({ request, server, response }) => {
      if (!(response instanceof Response && response.headers.get("content-type") === "text/event-stream"))
        server?.timeout(request, idleSeconds);
    })
    .onError(({ error, code, request, route, server }) => {
      server?.timeout(request, idleSeconds);
      const known =
        code === "NOT_FOUND"
          ? new RelayError("not_found")
          : code === "VALIDATION" && error.type !== "response"
            ? invalidRequest(error)
            : asRelayError(code === "PARSE" ? error.cause : error);
      const id = requestId(request);
      const unforeseen = httpStatus(known.code) >= 500 && known.details.cause !== undefined;
      if (unforeseen || known.code === "internal_error" || known.code === "insufficient_storage")
        log.event("http.failed", {
          request_id: id,
          method: request.method,
          route,
          ...errorFields(error),
          code: known.code,
        });
      const answer = problem(known, id);
      for (const [name, value] of Object.entries(securityHeaders(pathOf(request), isEncrypted(context.config()))))
        answer.headers.set(name, value);
      return answer;
    })
    .use(healthRoutes(context))
    .use(metricsRoutes(context))
    .use(setupRoutes(context))
    .use(authRoutes(context))
    .use(sessionRoutes(context))
    .use(accountRoutes(context))
    .use(invitationRoutes(context))
    .use(uploadRoutes(context))
    .use(uploadLifeRoutes(context))
    .use(studyRoutes(context))
    .use(receiptRoutes(context))
    .use(adminAuditRoutes(context))
    .use(adminUserRoutes(context))
    .use(adminSessionRoutes(context))
    .use(adminDestinationRoutes(context))
    .use(adminSystemRoutes(context))
    .use(adminBackupRoutes(context))
    .use(adminEventRoutes(context))
    .use(adminStatisticsRoutes(context))
    .use(adminDeliveryRoutes(context))
    .use(adminRouteRoutes(context))
    .use(await docsRoutes())
    .get("/docs/json", async () => (await import("./openapi.ts")).openApiDocument(app), { detail: { hide: true } })
    .use(trustRoutes(context, files))
    .use(webRoutes(files));

  const heads = new Set(app.routes.flatMap(({ method, path }) => (method === "HEAD" ? [path] : [])));
  for (const { method, path, handler, hooks } of [...app.routes])
    if (method === "GET" && !heads.has(path))
      app.route("HEAD", path, handler as () => unknown, { ...(hooks as object), detail: { hide: true } });

  for (const route of app.routes) {
    if (!accessOf(route.method, route.path)) throw new Error(`no access rule for ${route.method} ${route.path}`);
  }
  return app;
}

const pathOf = (request: Request): string => {
  const { pathname } = URL.parse(request.url) ?? { pathname: "/" };
  return pathname.length > 1 ? trimEnd(pathname, "/") : pathname;
};
