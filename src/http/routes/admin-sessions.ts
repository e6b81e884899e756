import { Elysia, t } from "elysia";
import { record } from "../../audit/record.ts";
import { AdminSessionList } from "../../contract/admin.ts";
import { RelayError } from "../../core/errors.ts";
import { liveSessions } from "../../db/overview.ts";
import { findLiveSession, revokeSession } from "../../db/sessions.ts";
import { actorOf } from "../actor.ts";
import type { HttpContext } from "../context.ts";
import { requestId } from "../request-id.ts";

/** Who is signed in where, and the end of it. A sign-in's end never ends its uploads. */
export function adminSessionRoutes(context: HttpContext) {
  const { db, guard, log, now } = context;
  const at = (time: number) => new Date(time).toISOString();
  return new Elysia({ prefix: "/admin/sessions" })
    .get(
      "",
      ({ request }) => {
        const caller = guard.principal(request);
        return {
          sessions: liveSessions(db.orm, now().box).map(({ session, username, role }) => ({
            session_id: session.id,
            user_id: session.userId,
            username,
            role,
            created_at: at(session.createdAt),
            last_used_at: at(session.lastUsedAt),
            ends_at: at(db.clock.wallOf(session.endsAt)),
            current: caller.kind === "access" && caller.sessionId === session.id,
          })),
        };
      },
      { response: { 200: AdminSessionList }, detail: { summary: "Every live sign-in" } },
    )
    .delete(
      "/:id",
      ({ params, request, server, set }) => {
        const found = findLiveSession(db.orm, params.id, now().box);
        if (!found) throw new RelayError("not_found");
        const by = actorOf(context, { request, server });
        db.transaction((tx) => {
          revokeSession(tx, found.id, now().wall);
          record(tx, {
            by,
            event: "auth.session_ended",
            details: { session_id: found.id, user_id: found.userId },
          });
        });
        log.event("auth.session_ended", {
          request_id: requestId(request),
          session_id: found.id,
          user_id: found.userId,
        });
        set.status = 204;
      },
      { params: t.Object({ id: t.String() }), detail: { summary: "End anybody's sign-in" } },
    );
}
