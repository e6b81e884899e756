import { Elysia } from "elysia";
import { AdminRouteList } from "../../contract/admin.ts";
import { RouteQuestion, RouteTrial } from "../../contract/routing.ts";
import { routableTried } from "../../forward/route-facts.ts";
import { routeFaults, routeTrial } from "../../forward/route-faults.ts";
import type { HttpContext } from "../context.ts";
import { jsonBody } from "../json-body.ts";

/** The rules, and which of them a study would meet. */
export function adminRouteRoutes(context: HttpContext) {
  const { config } = context;
  const list = () => ({
    routes: config().route.map(({ name, when = {}, to }, index) => ({
      route_id: `file-${index + 1}`,
      position: index + 1,
      name,
      when,
      to,
      provisioned: true,
      changed_at: null,
      changed_by: null,
    })),
    faults: routeFaults(config()),
  });
  return new Elysia({ prefix: "/admin/routes" })
    .get("", list, {
      response: { 200: AdminRouteList },
      detail: { summary: "All rules in their order, and those that never decide anything" },
    })
    .post("/try", ({ body }) => routeTrial(config(), routableTried(context.db.orm, body, context.now().wall)), {
      parse: [jsonBody(context, "/admin/routes/try"), "json"],
      body: RouteQuestion,
      response: { 200: RouteTrial },
      detail: {
        summary: "Where a study would go, which rules match and why the others do not",
        description: "Nothing is sent and nothing kept.",
      },
    });
}
