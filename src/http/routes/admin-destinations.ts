import { Elysia, t } from "elysia";
import { record } from "../../audit/record.ts";
import { AdminDestinationList, DestinationTest } from "../../contract/admin.ts";
import { shownSettings } from "../../core/config-secrets.ts";
import { RelayError } from "../../core/errors.ts";
import { pauseDestination, pausedSince, resumeDestination } from "../../db/destination-pauses.ts";
import { destinationTallies } from "../../db/overview.ts";
import { addressOf } from "../../destinations/address.ts";
import { failedSteps } from "../../destinations/check-steps.ts";
import { type Asked, actorOf } from "../actor.ts";
import type { HttpContext } from "../context.ts";
import { requestId } from "../request-id.ts";

/** A person waits for it. */
const testMs = 20_000;

/** Where studies go, how each place does, and a live check of it. */
export function adminDestinationRoutes(context: HttpContext) {
  const { config, db, log, now } = context;
  const timeOrNull = (time: number | null) => (time === null ? null : new Date(time).toISOString());

  /** Begins or ends a pause; said again, nothing changes. @throws RelayError not_found */
  function turn(asked: Asked, id: string, what: "paused" | "resumed"): void {
    if (!context.destination(id)) throw new RelayError("not_found");
    const by = actorOf(context, asked);
    db.transaction((tx) => {
      if ((pausedSince(tx, id) !== null) === (what === "paused")) return;
      if (what === "paused") pauseDestination(tx, id, now().wall);
      else resumeDestination(tx, id);
      record(tx, { by, event: `destination.${what}`, details: { destination_id: id } });
    });
    log.event(`destination.${what}`, { request_id: requestId(asked.request), destination_id: id });
    context.wake();
  }
  return new Elysia({ prefix: "/admin/destinations" })
    .get(
      "",
      () => {
        const tallies = destinationTallies(db.orm);
        return {
          destinations: config().destination.map((it) => {
            const down = context.outage(it.id);
            const paused = pausedSince(db.orm, it.id);
            const { lastDeliveredAt, ...counts } = tallies.of(it.id);
            return {
              destination_id: it.id,
              kind: it.kind,
              address: addressOf(it),
              default: it.default ?? false,
              fallback: it.fallback ?? null,
              provisioned: true,
              settings: shownSettings(it),
              changed_at: null,
              changed_by: null,
              state: paused !== null ? ("paused" as const) : down === null ? ("up" as const) : ("down" as const),
              paused_since: timeOrNull(paused),
              error: down === null ? null : { code: down.code, message: down.message },
              ...counts,
              last_delivered_at: timeOrNull(lastDeliveredAt),
            };
          }),
        };
      },
      { response: { 200: AdminDestinationList }, detail: { summary: "All destinations and how they do" } },
    )
    .post(
      "/:id/pause",
      ({ params, request, server, set }) => {
        turn({ request, server }, params.id, "paused");
        set.status = 204;
      },
      {
        parse: "none",
        params: t.Object({ id: t.String() }),
        detail: {
          summary: "Send nothing more to a destination for now",
          description:
            "What is being sent is finished; everything else, STAT too, waits until it is resumed. No fallback takes over.",
        },
      },
    )
    .post(
      "/:id/resume",
      ({ params, request, server, set }) => {
        turn({ request, server }, params.id, "resumed");
        set.status = 204;
      },
      {
        parse: "none",
        params: t.Object({ id: t.String() }),
        detail: { summary: "Send to a paused destination again" },
      },
    )
    .post(
      "/:id/test",
      async ({ params, request, server }) => {
        const destination = context.destination(params.id);
        if (!destination) throw new RelayError("not_found");
        server?.timeout(request, 0); // answered in testMs, whatever the peer does
        const steps = await destination.check(AbortSignal.timeout(testMs)).catch(failedSteps);
        return { destination_id: params.id, ok: steps.every(({ ok }) => ok), steps };
      },
      {
        parse: "none",
        params: t.Object({ id: t.String() }),
        response: { 200: DestinationTest },
        detail: { summary: "A live check of a destination; stores nothing" },
      },
    );
}
