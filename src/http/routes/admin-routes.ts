import { Elysia } from "elysia";
import { RouteQuestion, RouteTrial } from "../../contract/routing.ts";
import { routableAsked } from "../../forward/route-facts.ts";
import { routeTrial } from "../../forward/route-faults.ts";
import type { HttpContext } from "../context.ts";
import { jsonBody } from "../json-body.ts";

/** Which rule a study would meet; nothing is sent and nothing kept. */
export function adminRouteRoutes(context: HttpContext) {
  return new Elysia({ prefix: "/admin/routes" }).post(
    "/try",
    ({ body }) => routeTrial(context.config(), routableAsked(body, context.now().wall)),
    {
      parse: [jsonBody(context, "/admin/routes/try"), "json"],
      body: RouteQuestion,
      response: { 200: RouteTrial },
      detail: { summary: "Where a study would go, which rules match and why the others do not" },
    },
  );
}
