import { Elysia, t } from "elysia";
import { record } from "../../audit/record.ts";
import type { OpenSession } from "../../auth/sessions.ts";
import { mustEnroll } from "../../auth/totp.ts";
import { SessionList, SignedIn } from "../../contract/auth.ts";
import { RelayError } from "../../core/errors.ts";
import { findSession, liveSessionsOf, revokeSession, revokeSessionsOf } from "../../db/sessions.ts";
import { findUser } from "../../db/users.ts";
import { actorOf, addressOf } from "../actor.ts";
import type { HttpContext } from "../context.ts";
import { bearerOf } from "../guard.ts";
import { requestId } from "../request-id.ts";
import { clearedCookie, cookieToken, sessionCookie } from "../session-cookie.ts";

interface Settable {
  readonly headers: Record<string, string | number>;
  status?: number | string;
}

/** What sign-in and refresh answer, and the cookie beside it. */
export async function signedIn(
  { config, tokens, now }: HttpContext,
  { user, sessionId, refreshToken, endsAt }: OpenSession,
  set: Settable,
): Promise<typeof SignedIn.static> {
  const left = (endsAt - now().box) / 1000;
  const seconds = Math.min(config().auth.access_token_minutes * 60, left);
  set.headers["set-cookie"] = sessionCookie(config(), refreshToken, left);
  set.headers["cache-control"] = "no-store";
  return {
    access_token: await tokens.access(user, sessionId, seconds),
    token_type: "Bearer",
    expires_in: Math.round(seconds),
    user: { id: user.id, username: user.username, role: user.role },
    ...(mustEnroll(user, config().auth.require_totp_for) ? { totp_enrollment_required: true as const } : {}),
  };
}

/** What keeps a person signed in. A session's end never ends its uploads: those have tokens of their own. */
export function sessionRoutes(context: HttpContext) {
  const { config, db, guard, log, authSessions, tokens, now } = context;
  const own = (request: Request) => {
    const caller = guard.principal(request);
    if (caller.kind !== "access") throw new RelayError("unauthorized");
    return caller;
  };
  /** A program keeps no cookies: its access token names the session. @throws RelayError unauthorized */
  const endByToken = async (request: Request) => {
    const claims = await tokens.verify(bearerOf(request));
    if (claims.kind !== "access") throw new RelayError("unauthorized");
    revokeSession(db.orm, claims.sessionId, now().wall);
    return claims.sessionId;
  };
  return new Elysia({ prefix: "/auth" })
    .post(
      "/refresh",
      async ({ request, set }) => {
        try {
          return await signedIn(context, authSessions.refresh(cookieToken(config(), request)), set);
        } catch (error) {
          if (error instanceof RelayError && error.code === "unauthorized")
            set.headers["set-cookie"] = clearedCookie(config());
          throw error;
        }
      },
      {
        parse: "none", // whoever may refresh is told by the cookie alone
        response: { 200: SignedIn },
        detail: {
          summary: "Get a fresh access token",
          description:
            "Takes the cookie of the sign-in and answers another one; a used one that turns up again ends the session.",
        },
      },
    )
    .post(
      "/logout",
      async ({ request, server, set }) => {
        set.headers["set-cookie"] = clearedCookie(config());
        const id = authSessions.end(cookieToken(config(), request)) ?? (await endByToken(request));
        const user = findUser(db.orm, findSession(db.orm, id)?.userId ?? "");
        const by = {
          id: user?.id ?? null,
          name: user?.username ?? null,
          address: addressOf(config(), { request, server }),
        };
        db.transaction((tx) => record(tx, { by, event: "auth.signed_out", details: { session_id: id } }));
        log.event("auth.signed_out", { request_id: requestId(request), session_id: id });
        set.status = 204;
      },
      {
        parse: "none",
        detail: {
          summary: "Sign out",
          description: "Ends the session of the cookie or, without one, of the access token; its uploads go on.",
        },
      },
    )
    .get(
      "/sessions",
      ({ request }) => {
        const { userId, sessionId } = own(request);
        const at = (time: number) => new Date(time).toISOString();
        return {
          sessions: liveSessionsOf(db.orm, userId, now().box).map((row) => ({
            session_id: row.id,
            created_at: at(row.createdAt),
            last_used_at: at(row.lastUsedAt),
            ends_at: at(db.clock.wallOf(row.endsAt)),
            current: row.id === sessionId,
          })),
        };
      },
      { response: { 200: SessionList }, detail: { summary: "Where this account is signed in" } },
    )
    .delete(
      "/sessions",
      ({ request, server, set }) => {
        const { userId } = own(request);
        const by = actorOf(context, { request, server });
        db.transaction((tx) => {
          revokeSessionsOf(tx, userId, now().wall);
          record(tx, { by, event: "auth.session_ended", details: { user_id: userId } });
        });
        log.event("auth.session_ended", { request_id: requestId(request), user_id: userId });
        set.status = 204;
      },
      { detail: { summary: "Sign out everywhere" } },
    )
    .delete(
      "/sessions/:id",
      ({ request, server, params, set }) => {
        const { userId } = own(request);
        if (!liveSessionsOf(db.orm, userId, now().box).some(({ id }) => id === params.id))
          throw new RelayError("not_found");
        const by = actorOf(context, { request, server });
        db.transaction((tx) => {
          revokeSession(tx, params.id, now().wall);
          record(tx, { by, event: "auth.session_ended", details: { session_id: params.id } });
        });
        log.event("auth.session_ended", { request_id: requestId(request), session_id: params.id, user_id: userId });
        set.status = 204;
      },
      { params: t.Object({ id: t.String() }), detail: { summary: "End one sign-in" } },
    );
}
