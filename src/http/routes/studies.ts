import { Elysia } from "elysia";
import { may } from "../../contract/permissions.ts";
import { UploadStatus } from "../../contract/status.ts";
import { ConfirmStudy, RejectStudy } from "../../contract/upload.ts";
import { RelayError } from "../../core/errors.ts";
import { findUpload } from "../../db/uploads.ts";
import { confirmStudy, rejectStudy } from "../../study/confirm.ts";
import { statusOf } from "../../upload/view.ts";
import { actorOf } from "../actor.ts";
import type { HttpContext } from "../context.ts";
import { jsonBody } from "../json-body.ts";
import { requestId } from "../request-id.ts";

/** What a person says of a study that waits: right, or wrong. */
export function studyRoutes(context: HttpContext) {
  const { db, guard, live, log } = context;
  const base = "/upload/:id/studies/:study_instance_uid";

  function answer(request: Request, uploadId: string, event: "study.confirmed" | "study.rejected") {
    log.event(event, {
      request_id: requestId(request),
      upload_id: uploadId,
      user_id: guard.principal(request).userId,
    });
    live.changed(uploadId);
    context.wake();
    const row = findUpload(db.orm, uploadId);
    if (!row) throw new RelayError("not_found");
    return statusOf(db, row);
  }

  return new Elysia()
    .post(
      `${base}/confirm`,
      async ({ params, request, server, body }) => {
        const { id } = guard.upload(request, params.id, "change");
        // An upload's own token is held by the guest as well.
        const principal = guard.principal(request);
        const byGuest = principal.kind !== "access";
        if (body.corrections && !(principal.kind === "access" && may(principal.role, "correct")))
          throw new RelayError("forbidden");
        const by = actorOf(context, { request, server });
        await confirmStudy(context.sessions, id, params.study_instance_uid, body, by, byGuest);
        return answer(request, id, "study.confirmed");
      },
      {
        parse: [jsonBody(context, `${base}/confirm`), "json"],
        body: ConfirmStudy,
        response: { 200: UploadStatus },
        detail: { summary: "Say that a study is right, and add what its images lack" },
      },
    )
    .post(
      `${base}/reject`,
      ({ params, request, server, body }) => {
        const { id } = guard.upload(request, params.id, "change");
        const by = actorOf(context, { request, server });
        rejectStudy(context.sessions, id, params.study_instance_uid, body.reason, by);
        return answer(request, id, "study.rejected");
      },
      {
        parse: [jsonBody(context, `${base}/reject`), "json"],
        body: RejectStudy,
        response: { 200: UploadStatus },
        detail: { summary: "Say that a study is wrong: nothing of it goes" },
      },
    );
}
