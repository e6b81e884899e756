import { type AnyElysia, Elysia } from "elysia";
import { RelayError } from "../core/errors.ts";
import { errorFields } from "../core/log.ts";
import { accessOf } from "./access.ts";
import type { HttpContext } from "./context.ts";
import { asRelayError, httpStatus, problem } from "./errors.ts";
import { maxJsonBytes } from "./json-body.ts";
import { openApiDocument } from "./openapi.ts";
import { requestId } from "./request-id.ts";
import { adminDeliveryRoutes } from "./routes/admin-deliveries.ts";
import { authRoutes } from "./routes/auth.ts";
import { docsRoutes } from "./routes/docs.ts";
import { healthRoutes } from "./routes/health.ts";
import { receiptRoutes } from "./routes/receipts.ts";
import { sessionRoutes } from "./routes/sessions.ts";
import { studyRoutes } from "./routes/studies.ts";
import { uploadRoutes } from "./routes/upload.ts";
import { uploadLifeRoutes } from "./routes/upload-life.ts";
import { webRoutes } from "./routes/web.ts";
import { securityHeaders } from "./security-headers.ts";
import { invalidRequest } from "./validation.ts";

/** The whole HTTP side. @throws Error where a route has no entry in access.ts */
export async function createServer(context: HttpContext) {
  const { guard, log } = context;
  const app: AnyElysia = new Elysia({ normalize: false, strictPath: true, precompile: true })
    .onRequest(async ({ request, set }) => {
      const path = pathOf(request);
      Object.assign(set.headers, securityHeaders(path));
      set.headers["x-request-id"] = requestId(request);
      const length = Number(request.headers.get("content-length") ?? 0);
      await guard.authenticate(request, path);
      if (length > maxJsonBytes) throw new RelayError("request_too_large");
    })
    .onTransform(({ request, route, params }) => {
      guard.authorize(request, route, (params as { id?: string } | undefined)?.id);
    })
    .onError(({ error, code, request, route }) => {
      const known =
        code === "NOT_FOUND"
          ? new RelayError("not_found")
          : code === "VALIDATION" && error.type !== "response"
            ? invalidRequest(error)
            : asRelayError(code === "PARSE" ? error.cause : error);
      const id = requestId(request);
      const unforeseen = httpStatus(known.code) >= 500 && known.details.cause !== undefined;
      if (unforeseen || known.code === "internal_error" || known.code === "insufficient_storage")
        log.event(
          "http.failed",
          { request_id: id, method: request.method, route, ...errorFields(error), code: known.code },
          "error",
        );
      const answer = problem(known, id);
      for (const [name, value] of Object.entries(securityHeaders(pathOf(request)))) answer.headers.set(name, value);
      return answer;
    })
    .use(healthRoutes(context))
    .use(authRoutes(context))
    .use(sessionRoutes(context))
    .use(uploadRoutes(context))
    .use(uploadLifeRoutes(context))
    .use(studyRoutes(context))
    .use(receiptRoutes(context))
    .use(adminDeliveryRoutes(context))
    .use(await docsRoutes())
    .get("/docs/json", () => openApiDocument(app), { detail: { hide: true } })
    .use(webRoutes());

  for (const route of app.routes) {
    if (!accessOf(route.method, route.path)) throw new Error(`no access rule for ${route.method} ${route.path}`);
  }
  return app;
}

const pathOf = (request: Request): string => {
  const { pathname } = new URL(request.url);
  return pathname.length > 1 ? pathname.replace(/\/+$/, "") : pathname;
};
