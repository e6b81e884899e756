import { Elysia, t } from "elysia";
import { exportAudit, mediaTypeOf } from "../../audit/export.ts";
import { record } from "../../audit/record.ts";
import { entryOf } from "../../audit/view.ts";
import { watchAudit } from "../../audit/watch.ts";
import { AuditPage, auditEvents, auditFormats } from "../../contract/audit.ts";
import { RelayError } from "../../core/errors.ts";
import { auditHead, listAudit } from "../../db/audit.ts";
import { actorOf } from "../actor.ts";
import type { HttpContext } from "../context.ts";
import { chosenOf, pageQuery, pageSize, wholeNumber } from "../query.ts";

const text = t.Optional(t.String({ maxLength: 200 }));
const auditQuery = t.Object(
  {
    limit: pageQuery.properties.limit,
    cursor: text,
    from: text,
    to: text,
    /** A name or an id. */
    actor: text,
    event: text,
    upload_id: text,
  },
  { additionalProperties: false },
);
const exportQuery = t.Object({ format: text, since: text }, { additionalProperties: false });

/** A time in a query, as milliseconds. @throws RelayError invalid_request */
function timeOf(value: string | undefined, name: string): number | undefined {
  if (value === undefined) return undefined;
  const time = /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  const errors = [{ path: `query.${name}`, message: "a time such as 2026-01-31T00:00:00Z" }];
  throw new RelayError("invalid_request", undefined, { errors });
}

/** Who did what: read by the administrator, taken elsewhere, and whether all of it is there. */
export function adminAuditRoutes(context: HttpContext) {
  const { config, db } = context;
  const look = watchAudit(db);

  return new Elysia({ prefix: "/admin/audit" })
    .get(
      "",
      async ({ query }) => {
        const size = pageSize(query.limit);
        const verdict = await look();
        const rows = listAudit(db.orm, {
          from: timeOf(query.from, "from"),
          to: timeOf(query.to, "to"),
          actor: query.actor,
          event: query.event === undefined ? undefined : chosenOf(query.event, auditEvents, "event")[0],
          uploadId: query.upload_id,
          before: wholeNumber(query.cursor, "cursor"),
          limit: size + 1,
        });
        const page = rows.slice(0, size);
        return {
          entries: page.map((row) => ({ ...entryOf(row), reason: row.reason })),
          next_cursor: rows.length > page.length ? String(page.at(-1)?.seq ?? "") : null,
          complete: verdict.broken === null,
          first_broken: verdict.broken?.seq ?? null,
          head: verdict.head,
        };
      },
      {
        query: auditQuery,
        response: { 200: AuditPage },
        detail: { summary: "Who did what, newest first, and whether all of it is there" },
      },
    )
    .get(
      "/export",
      ({ query, request, server }) => {
        const format = chosenOf(query.format ?? "jsonl", auditFormats, "format")[0] ?? "jsonl";
        const since = timeOf(query.since, "since");
        server?.timeout(request, 0);
        const headers = {
          "content-type": mediaTypeOf(format),
          "content-disposition": `attachment; filename="audit.${format === "dicom" ? "xml" : format}"`,
        };
        if (request.method === "HEAD") return new Response(null, { headers });
        const by = actorOf(context, { request, server });
        db.transaction((tx) => record(tx, { by, event: "audit.exported", details: { kind: format } }));
        const pieces = exportAudit(db, { format, since, head: auditHead(db.orm), source: config().site_name });
        return new Response(streamOf(pieces), { headers });
      },
      {
        query: exportQuery,
        detail: {
          summary: "The audit as JSON Lines (with the head as its last line), CSV or DICOM audit messages",
          responses: { 200: { description: "A file" } },
        },
      },
    );
}

/** A piece when it is asked for: a slow reader holds nothing. */
function streamOf(pieces: Generator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    pull(controller) {
      const { done, value } = pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
  });
}
