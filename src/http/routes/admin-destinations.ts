import { Elysia, t } from "elysia";
import { AdminDestinationList, DestinationTest } from "../../contract/admin.ts";
import { RelayError } from "../../core/errors.ts";
import { destinationTallies } from "../../db/overview.ts";
import { addressOf } from "../../destinations/address.ts";
import { failedSteps } from "../../destinations/check-steps.ts";
import type { HttpContext } from "../context.ts";

/** A person waits for it. */
const testMs = 20_000;

/** Where studies go, how each place does, and a live check of it. */
export function adminDestinationRoutes(context: HttpContext) {
  const { config, db } = context;
  return new Elysia({ prefix: "/admin/destinations" })
    .get(
      "",
      () => {
        const tallies = destinationTallies(db.orm);
        return {
          destinations: config().destination.map((it) => {
            const down = context.outage(it.id);
            const { lastDeliveredAt, ...counts } = tallies.of(it.id);
            return {
              destination_id: it.id,
              kind: it.kind,
              address: addressOf(it),
              default: it.default ?? false,
              fallback: it.fallback ?? null,
              provisioned: true as const,
              state: down === null ? ("up" as const) : ("down" as const),
              error: down === null ? null : { code: down.code, message: down.message },
              ...counts,
              last_delivered_at: lastDeliveredAt === null ? null : new Date(lastDeliveredAt).toISOString(),
            };
          }),
        };
      },
      { response: { 200: AdminDestinationList }, detail: { summary: "All destinations and how they do" } },
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
