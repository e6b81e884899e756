import { Elysia, t } from "elysia";
import { AdminRoute, AdminRouteList, RouteOrder, RouteSettings } from "../../contract/admin.ts";
import { RouteQuestion, RouteTrial } from "../../contract/routing.ts";
import { RelayError } from "../../core/errors.ts";
import { routableTried } from "../../forward/route-facts.ts";
import { routeFaults, routeTrial } from "../../forward/route-faults.ts";
import { type PlacedRoute, placedRoutes } from "../../settings/change-routes.ts";
import { type Asked, actorOf } from "../actor.ts";
import type { HttpContext } from "../context.ts";
import { jsonBody } from "../json-body.ts";
import { requestId } from "../request-id.ts";

const byId = t.Object({ route_id: t.String() });

/** The rules, and which of them a study would meet. */
export function adminRouteRoutes(context: HttpContext) {
  const { config, log, settings } = context;

  function viewOf({ id, index, change }: PlacedRoute): AdminRoute {
    const { name, when = {}, to } = config().route[index] ?? { name: "", to: [] };
    return {
      route_id: id,
      position: index + 1,
      name,
      when,
      to,
      provisioned: change === null,
      changed_at: change === null ? null : new Date(change.at).toISOString(),
      changed_by: change?.by ?? null,
    };
  }
  const list = (): AdminRouteList => ({
    routes: placedRoutes(settings.now()).map(viewOf),
    faults: routeFaults(config()),
  });
  /** As it is in force now. @throws RelayError not_found */
  function viewById(id: string): AdminRoute {
    const found = placedRoutes(settings.now()).find((it) => it.id === id);
    if (!found) throw new RelayError("not_found");
    return viewOf(found);
  }
  const tell = (what: "added" | "changed" | "removed" | "ordered", { request }: Asked, route_id?: string) =>
    log.event(`route.${what}`, { request_id: requestId(request), route_id });

  return new Elysia({ prefix: "/admin/routes" })
    .get("", list, {
      response: { 200: AdminRouteList },
      detail: { summary: "All rules in their order, and those that never decide anything" },
    })
    .post(
      "",
      ({ body, request, server, set }) => {
        const id = settings.routes.add(body, actorOf(context, { request, server }));
        tell("added", { request, server }, id);
        set.status = 201;
        return viewById(id);
      },
      {
        parse: [jsonBody(context, "/admin/routes"), "json"],
        body: RouteSettings,
        response: { 201: AdminRoute },
        detail: {
          summary: "Add a rule behind all others; in force at once",
          description: "As a [[route]] of the configuration file, checked in the same way.",
        },
      },
    )
    .put(
      "/order",
      ({ body, request, server }) => {
        settings.routes.order(body.route_ids, actorOf(context, { request, server }));
        tell("ordered", { request, server });
        return list();
      },
      {
        parse: [jsonBody(context, "/admin/routes/order"), "json"],
        body: RouteOrder,
        response: { 200: AdminRouteList },
        detail: { summary: "Put the rules that were added in another order" },
      },
    )
    .put(
      "/:route_id",
      ({ params, body, request, server }) => {
        settings.routes.change(params.route_id, body, actorOf(context, { request, server }));
        tell("changed", { request, server }, params.route_id);
        return viewById(params.route_id);
      },
      {
        parse: [jsonBody(context, "/admin/routes/:route_id"), "json"],
        params: byId,
        body: RouteSettings,
        response: { 200: AdminRoute },
        detail: { summary: "Change a rule that was added" },
      },
    )
    .delete(
      "/:route_id",
      ({ params, request, server, set }) => {
        settings.routes.remove(params.route_id, actorOf(context, { request, server }));
        tell("removed", { request, server }, params.route_id);
        set.status = 204;
      },
      { parse: "none", params: byId, detail: { summary: "Remove a rule that was added" } },
    )
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
