import { Elysia, t } from "elysia";
import { record } from "../../audit/record.ts";
import { AdminDestination, AdminDestinationList, DestinationSettings, DestinationTest } from "../../contract/admin.ts";
import type { ConfigProblem } from "../../core/config-error.ts";
import type { DestinationConfig } from "../../core/config-schema.ts";
import { shownSettings } from "../../core/config-secrets.ts";
import { RelayError } from "../../core/errors.ts";
import { pauseDestination, pausedSince, resumeDestination } from "../../db/destination-pauses.ts";
import { destinationTallies } from "../../db/overview.ts";
import { addressOf } from "../../destinations/address.ts";
import type { CheckStep } from "../../destinations/destination.ts";
import type { UnusableDestination } from "../../settings/in-force.ts";
import { type Asked, actorOf } from "../actor.ts";
import type { HttpContext } from "../context.ts";
import { jsonBody } from "../json-body.ts";
import { lineStream, lineStreamType } from "../line-stream.ts";
import { requestId } from "../request-id.ts";

const byId = t.Object({ id: t.String() });

/** Each step, then how all of it ended: whoever has that line has the whole list. */
async function* asItGoes(destination_id: string, steps: AsyncIterable<CheckStep>) {
  let ok = true;
  for await (const step of steps) {
    ok &&= step.ok;
    yield step;
  }
  yield { destination_id, ok };
}

const unfitError = ({ path, message }: ConfigProblem) => ({
  code: "destination_unfit",
  message: `${path} ${message}. Correct the setting, or put the file back that it names.`,
});

/** Where studies go, how each place does, and a live check of it. */
export function adminDestinationRoutes(context: HttpContext) {
  const { config, db, log, now, settings } = context;
  const timeOrNull = (time: number | null) => (time === null ? null : new Date(time).toISOString());

  /** Begins or ends a pause; said again, nothing changes. @throws RelayError not_found */
  function turn(asked: Asked, id: string, what: "paused" | "resumed"): void {
    if (!settings.destination(id)) throw new RelayError("not_found");
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

  function viewOf(
    it: DestinationConfig,
    tallies = destinationTallies(db.orm),
    unfit = settings.unfit(),
  ): AdminDestination {
    const problem = unfit.get(it.id);
    const down = problem === undefined ? context.outage(it.id) : unfitError(problem);
    const paused = pausedSince(db.orm, it.id);
    const change = settings.now().destinations.get(it.id);
    const { lastDeliveredAt, ...counts } = tallies.of(it.id);
    return {
      destination_id: it.id,
      kind: it.kind,
      address: addressOf(it),
      default: it.default ?? false,
      fallback: it.fallback ?? null,
      provisioned: change === undefined,
      settings: shownSettings({ ...it }),
      changed_at: timeOrNull(change?.at ?? null),
      changed_by: change?.by ?? null,
      state: paused !== null ? "paused" : down === null ? "up" : "down",
      paused_since: timeOrNull(paused),
      error: down === null ? null : { code: down.code, message: down.message },
      ...counts,
      last_delivered_at: timeOrNull(lastDeliveredAt),
    };
  }
  /** Of one that is kept and cannot be made: only a change or its removal mends it. */
  function viewOfUnusable({ settings: it, problem, at, by }: UnusableDestination): AdminDestination {
    const { lastDeliveredAt, ...counts } = destinationTallies(db.orm).of(it.id);
    return {
      destination_id: it.id,
      kind: it.kind,
      address: "",
      default: false,
      fallback: null,
      provisioned: false,
      settings: shownSettings(it),
      changed_at: timeOrNull(at),
      changed_by: by,
      state: "down",
      paused_since: null,
      error: unfitError(problem),
      ...counts,
      last_delivered_at: timeOrNull(lastDeliveredAt),
    };
  }
  /** As it is in force now. @throws RelayError not_found */
  function viewById(id: string): AdminDestination {
    const found = config().destination.find((it) => it.id === id);
    if (!found) throw new RelayError("not_found");
    return viewOf(found);
  }
  const tell = (what: "added" | "changed" | "removed", { request }: Asked, destination_id: string) =>
    log.event(`destination.${what}`, { request_id: requestId(request), destination_id });

  return new Elysia({ prefix: "/admin/destinations" })
    .get(
      "",
      () => {
        const tallies = destinationTallies(db.orm);
        const unfit = settings.unfit();
        const used = config().destination.map((it) => viewOf(it, tallies, unfit));
        return { destinations: [...used, ...settings.now().unusable.map(viewOfUnusable)] };
      },
      { response: { 200: AdminDestinationList }, detail: { summary: "All destinations and how they do" } },
    )
    .post(
      "",
      ({ body, request, server, set }) => {
        settings.destinations.add(body, actorOf(context, { request, server }));
        tell("added", { request, server }, body.id);
        set.status = 201;
        return viewById(body.id);
      },
      {
        parse: [jsonBody(context, "/admin/destinations"), "json"],
        body: DestinationSettings,
        response: { 201: AdminDestination },
        detail: {
          summary: "Add a destination; in force at once",
          description:
            "As a [[destination]] of the configuration file, checked in the same way. No answer has its secrets.",
        },
      },
    )
    .put(
      "/:id",
      ({ params, body, request, server }) => {
        settings.destinations.change(params.id, body, actorOf(context, { request, server }));
        tell("changed", { request, server }, params.id);
        return viewById(params.id);
      },
      {
        parse: [jsonBody(context, "/admin/destinations/:id"), "json"],
        params: byId,
        body: DestinationSettings,
        response: { 200: AdminDestination },
        detail: {
          summary: "Change a destination that was added",
          description:
            "The whole of it. A secret of `auth` that is left out, or any secret sent back as { set: true }, stays as it was, unless its address changes.",
        },
      },
    )
    .delete(
      "/:id",
      ({ params, request, server, set }) => {
        settings.destinations.remove(params.id, actorOf(context, { request, server }));
        tell("removed", { request, server }, params.id);
        set.status = 204;
      },
      {
        parse: "none",
        params: byId,
        detail: {
          summary: "Remove a destination that was added",
          description: "Not while a rule, a fallback or a delivery that is not over names it.",
        },
      },
    )
    .post(
      "/:id/pause",
      ({ params, request, server, set }) => {
        turn({ request, server }, params.id, "paused");
        set.status = 204;
      },
      {
        parse: "none",
        params: byId,
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
        params: byId,
        detail: { summary: "Send to a paused destination again" },
      },
    )
    .post(
      "/:id/test",
      async ({ params, query, request, server }) => {
        const { id } = params;
        const check = (gone: AbortSignal) => {
          const steps = settings.checklist(id, { store: query.store === "true" }, gone);
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
        params: byId,
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
