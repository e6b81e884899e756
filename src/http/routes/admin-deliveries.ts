import { Elysia, t } from "elysia";
import { type Deed, record } from "../../audit/record.ts";
import { deliveryStates } from "../../contract/states.ts";
import { AdminDelivery, AdminDeliveryPage } from "../../contract/status.ts";
import { RelayError } from "../../core/errors.ts";
import type { Transaction } from "../../db/database.ts";
import { deliveryById, listDeliveries, studyInstanceUIDOf } from "../../db/deliveries.ts";
import { discardDelivery, redirectDelivery, retryDelivery } from "../../forward/settle.ts";
import { deliveryView } from "../../upload/view.ts";
import { type Asked, actorOf } from "../actor.ts";
import type { HttpContext } from "../context.ts";
import { cursorOf, readCursor } from "../cursor.ts";
import { jsonBody } from "../json-body.ts";
import { chosenOf, pageQuery, pageSize } from "../query.ts";
import { requestId } from "../request-id.ts";

/** What is stuck and why, and the ways out: again, elsewhere, given up. */
export function adminDeliveryRoutes(context: HttpContext) {
  const { db, guard, live, log } = context;

  /** Changes one parked delivery and answers it as it stands then. */
  function act(
    asked: Asked,
    id: string,
    what: "retried" | "redirected" | "discarded",
    change: (tx: Transaction) => void,
    told: Pick<Deed, "details" | "reason"> = {},
  ) {
    const { request } = asked;
    const by = actorOf(context, asked);
    db.transaction((tx) => {
      const before = deliveryById(tx, id);
      change(tx);
      if (!before) return;
      const studyInstanceUID = studyInstanceUIDOf(tx, before.studyId);
      const details = { delivery_id: id, destination_id: before.destinationId, ...told.details };
      record(tx, { by, event: `delivery.${what}`, uploadId: before.uploadId, studyInstanceUID, ...told, details });
    });
    const row = deliveryById(db.orm, id);
    if (!row) throw new RelayError("not_found");
    const who = { request_id: requestId(request), user_id: guard.principal(request).userId };
    log.event(`delivery.${what}`, { ...who, delivery_id: id, upload_id: row.uploadId });
    live.changed(row.uploadId);
    context.wake();
    return { ...deliveryView(db, row), upload_id: row.uploadId };
  }

  return new Elysia({ prefix: "/admin/deliveries" })
    .get(
      "",
      ({ query }) => {
        const size = pageSize(query.limit);
        const rows = listDeliveries(db.orm, {
          ...(query.state === undefined ? {} : { states: chosenOf(query.state, deliveryStates, "state") }),
          ...(query.cursor === undefined ? {} : { after: readCursor(query.cursor) }),
          limit: size + 1,
        });
        const page = rows.slice(0, size);
        const last = page.at(-1)?.delivery;
        return {
          deliveries: page.map(({ delivery, studyInstanceUID, serviceLevel }) => ({
            ...deliveryView(db, delivery),
            upload_id: delivery.uploadId,
            study_instance_uid: studyInstanceUID,
            service_level: serviceLevel,
            created_at: new Date(delivery.createdAt).toISOString(),
            updated_at: new Date(delivery.updatedAt).toISOString(),
          })),
          next_cursor: rows.length > page.length && last ? cursorOf(last) : null,
        };
      },
      {
        query: pageQuery,
        response: { 200: AdminDeliveryPage },
        detail: { summary: "Deliveries, oldest first" },
      },
    )
    .post(
      "/:delivery_id/retry",
      ({ params, request, server }) =>
        act({ request, server }, params.delivery_id, "retried", (tx) =>
          retryDelivery(tx, params.delivery_id, context.now(), context.config()),
        ),
      { parse: "none", response: { 200: AdminDelivery }, detail: { summary: "Try a parked delivery again" } },
    )
    .post(
      "/:delivery_id/redirect",
      ({ params, request, server, body }) =>
        act(
          { request, server },
          params.delivery_id,
          "redirected",
          (tx) => redirectDelivery(tx, params.delivery_id, body.destination_id, context.now(), context.config()),
          { details: { via: body.destination_id } },
        ),
      {
        parse: [jsonBody(context, "/admin/deliveries/:delivery_id/redirect"), "json"],
        body: t.Object({ destination_id: t.String({ minLength: 1, maxLength: 64 }) }, { additionalProperties: false }),
        response: { 200: AdminDelivery },
        detail: { summary: "Send a parked delivery to another destination" },
      },
    )
    .post(
      "/:delivery_id/discard",
      ({ params, request, server, body }) =>
        act(
          { request, server },
          params.delivery_id,
          "discarded",
          (tx) => discardDelivery(tx, params.delivery_id, context.now()),
          { reason: { text: body.reason, box: context.now().box } },
        ),
      {
        parse: [jsonBody(context, "/admin/deliveries/:delivery_id/discard"), "json"],
        body: t.Object({ reason: t.String({ minLength: 1, maxLength: 1024 }) }, { additionalProperties: false }),
        response: { 200: AdminDelivery },
        detail: { summary: "Give a parked delivery up" },
      },
    );
}
