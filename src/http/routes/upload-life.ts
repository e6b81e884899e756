import { Elysia } from "elysia";
import { record } from "../../audit/record.ts";
import { may } from "../../contract/permissions.ts";
import { isTerminal, type UploadState, uploadStates } from "../../contract/states.ts";
import { UploadOutcome, UploadPage, UploadStatus } from "../../contract/status.ts";
import { CompleteUpload } from "../../contract/upload.ts";
import { RelayError } from "../../core/errors.ts";
import { findUpload, listUploads, type UploadRow } from "../../db/uploads.ts";
import { applyCancel } from "../../forward/cancel.ts";
import { applyAccept, applyRetry } from "../../forward/settle.ts";
import { completeUpload, requireAllBytes } from "../../upload/session.ts";
import { outcomeOf, statusOf, summaryOf } from "../../upload/view.ts";
import { actorOf } from "../actor.ts";
import type { HttpContext } from "../context.ts";
import { cursorOf, readCursor } from "../cursor.ts";
import { eventStream, eventStreamHeaders } from "../event-stream.ts";
import { jsonBody, smallBounds } from "../json-body.ts";
import { chosenOf, pageQuery, pageSize, waitSeconds } from "../query.ts";
import { requestId } from "../request-id.ts";

/** States in which nothing moves by itself: `complete?wait` answers at once. */
const atRest = (state: UploadState) =>
  isTerminal(state) || state === "needs_attention" || state === "needs_confirmation";

/** What becomes of an upload: complete, status, events, retry, accept, cancel, list. */
export function uploadLifeRoutes(context: HttpContext) {
  const { db, guard, live, log } = context;
  const fresh = (id: string): UploadRow => {
    const row = findUpload(db.orm, id);
    if (!row) throw new RelayError("not_found");
    return row;
  };

  const who = (request: Request) => ({ request_id: requestId(request), user_id: guard.principal(request).userId });

  return new Elysia()
    .post(
      "/upload/:id/complete",
      async ({ params, request, server, query, body }) => {
        server?.timeout(request, 0);
        const upload = guard.upload(request, params.id, "change");
        const wait = waitSeconds(query.wait);
        if (upload.state === "receiving") {
          requireAllBytes(db, upload);
          if (await context.askAgain(upload, request.signal)) live.changed(upload.id);
        }
        if (completeUpload(context.sessions, fresh(upload.id), actorOf(context, { request, server }), body.line)) {
          log.event("upload.completed", {
            request_id: requestId(request),
            upload_id: upload.id,
            files: upload.totalFiles,
            bytes: upload.totalSizeBytes,
            ...body.line,
          });
          live.changed(upload.id);
          context.wake();
        }
        await untilAtRest(upload.id, wait * 1000, request.signal);
        return outcomeOf(db, fresh(upload.id));
      },
      {
        parse: [jsonBody(context, "/upload/:id/complete", () => smallBounds, {}), "json"],
        body: CompleteUpload,
        response: { 200: UploadOutcome },
        detail: {
          summary: "Close an upload and hand it on",
          description: "The body may be left out. `line` is what the device measured of its connection while it sent.",
          parameters: [{ name: "wait", in: "query", schema: { type: "number", minimum: 0, maximum: 60 } }],
        },
      },
    )
    .get(
      "/upload/:id/status",
      async ({ params, request }) => {
        const status = statusOf(db, guard.upload(request, params.id, "see"));
        await db.settled(); // a chunk that is not missing any more is as good as answered
        return status;
      },
      { response: { 200: UploadStatus }, detail: { summary: "Where an upload stands" } },
    )
    .get(
      "/upload/:id/events",
      ({ params, request, server }) => {
        server?.timeout(request, 0);
        const { id } = guard.upload(request, params.id, "see");
        if (request.method === "HEAD") return new Response(null, { headers: eventStreamHeaders });
        const { signal, done } = guard.watch(request);
        return eventStream({
          listen: (listener) => live.listen(id, listener),
          look: () => {
            guard.recheck(request); // "Disabling the user ends it", and so do the token's end and the session's
            const row = guard.upload(request, id, "see");
            return { data: JSON.stringify(summaryOf(db, row)), last: isTerminal(row.state) };
          },
          signal,
          ended: done,
        });
      },
      {
        detail: {
          summary: "The same as a stream of events, without files",
          responses: { 200: { description: "Events named status", content: { "text/event-stream": {} } } },
        },
      },
    )
    .post(
      "/upload/:id/retry",
      ({ params, request, server }) => {
        const upload = guard.upload(request, params.id, "change");
        const by = actorOf(context, { request, server });
        db.transaction((tx) => {
          record(tx, { by, event: "upload.retried", uploadId: upload.id });
          applyRetry(tx, upload.id, context.now(), context.config());
        });
        log.event("upload.retried", { upload_id: upload.id, ...who(request) });
        return changed(upload.id);
      },
      { parse: "none", response: { 200: UploadStatus }, detail: { summary: "Try what was refused or parked again" } },
    )
    .post(
      "/upload/:id/accept",
      ({ params, request, server }) => {
        const upload = guard.upload(request, params.id, "change");
        const by = actorOf(context, { request, server });
        db.transaction((tx) => {
          record(tx, { by, event: "upload.left_as_is", uploadId: upload.id });
          applyAccept(tx, upload.id, context.now());
        });
        log.event("upload.left_as_is", { upload_id: upload.id, ...who(request) });
        return changed(upload.id);
      },
      { parse: "none", response: { 200: UploadStatus }, detail: { summary: "Leave it at what was delivered" } },
    )
    .delete(
      "/upload/:id",
      async ({ params, request, server }) => {
        const upload = guard.upload(request, params.id, "change");
        const by = actorOf(context, { request, server });
        await context.endUpload(upload.id, (tx, mayBeThere) => {
          if (!isTerminal(findUpload(tx, upload.id)?.state ?? "cancelled"))
            record(tx, { by, event: "upload.cancelled", uploadId: upload.id });
          applyCancel(tx, upload.id, context.now(), mayBeThere);
        });
        await context.cancelUpload(upload.id); // only now: an upload still `processing` would be taken up again
        log.event("upload.cancelled", { upload_id: upload.id, ...who(request) });
        live.changed(upload.id);
        context.wake();
        return new Response(null, { status: 204 });
      },
      { parse: "none", detail: { summary: "Cancel an upload", responses: { 204: { description: "Cancelled" } } } },
    )
    .get(
      "/uploads",
      ({ request, query }) => {
        const caller = guard.principal(request);
        const mine = caller.kind !== "access" || !may(caller.role, "see_all");
        const size = pageSize(query.limit);
        const rows = listUploads(db.orm, {
          ...(mine ? { userId: caller.userId } : {}),
          ...(query.state === undefined ? {} : { states: chosenOf(query.state, uploadStates, "state") }),
          ...(query.cursor === undefined ? {} : { before: readCursor(query.cursor) }),
          limit: size + 1,
        });
        const page = rows.slice(0, size);
        const last = page.at(-1);
        return {
          uploads: page.map((row) => summaryOf(db, row)),
          next_cursor: rows.length > page.length && last ? cursorOf(last) : null,
        };
      },
      {
        query: pageQuery,
        response: { 200: UploadPage },
        detail: { summary: "Uploads, newest first" },
      },
    );

  function changed(id: string) {
    live.changed(id);
    context.wake();
    return statusOf(db, fresh(id));
  }

  /** Resolves when the upload rests, the time is over or the caller is gone. */
  function untilAtRest(id: string, ms: number, signal: AbortSignal): Promise<void> {
    if (ms === 0 || atRest(fresh(id).state)) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        stop();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      const stop = live.listen(id, () => {
        if (atRest(fresh(id).state)) done();
      });
      signal.addEventListener("abort", done);
    });
  }
}
