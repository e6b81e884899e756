import { Elysia, t } from "elysia";
import { record } from "../../audit/record.ts";
import { AdminDestinationList, DestinationTest } from "../../contract/admin.ts";
import { shownSettings } from "../../core/config-secrets.ts";
import { RelayError } from "../../core/errors.ts";
import { pauseDestination, pausedSince, resumeDestination } from "../../db/destination-pauses.ts";
import { destinationTallies } from "../../db/overview.ts";
import { addressOf } from "../../destinations/address.ts";
import type { CheckStep } from "../../destinations/destination.ts";
import { type Asked, actorOf } from "../actor.ts";
import type { HttpContext } from "../context.ts";
import { lineStream, lineStreamType } from "../line-stream.ts";
import { requestId } from "../request-id.ts";

/** Each step, then how all of it ended: whoever has that line has the whole list. */
async function* asItGoes(destination_id: string, steps: AsyncIterable<CheckStep>) {
  let ok = true;
  for await (const step of steps) {
    ok &&= step.ok;
    yield step;
  }
  yield { destination_id, ok };
}

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
      async ({ params, query, request, server }) => {
        const { id } = params;
        const check = (gone: AbortSignal) => {
          const steps = context.checklist(id, { store: query.store === "true" }, gone);
          if (!steps) throw new RelayError("not_found");
          return steps;
        };
        server?.timeout(request, 0); // the list ends in time, whatever the peer does
        if (request.headers.get("accept")?.includes(lineStreamType))
          return lineStream((gone) => asItGoes(id, check(gone)));
        const steps = await Array.fromAsync(check(request.signal));
        const told: DestinationTest = { destination_id: id, ok: steps.every(({ ok }) => ok), steps };
        return Response.json(told);
      },
      {
        parse: "none",
        params: t.Object({ id: t.String() }),
        query: t.Object({ store: t.Optional(t.Literal("true")) }, { additionalProperties: false }),
        response: { 200: DestinationTest },
        detail: {
          summary:
            "A live check of a destination: name, port, certificate, sign-in, service; with store=true a test image",
          description: `With "Accept: ${lineStreamType}" each step is a line as soon as it is known, and the last line tells destination_id and ok.`,
        },
      },
    );
}
