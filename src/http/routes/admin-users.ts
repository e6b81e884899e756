import { Elysia, t } from "elysia";
import { record } from "../../audit/record.ts";
import { addUser, changeUser, listUsers, resetPassword } from "../../auth/accounts.ts";
import { resetTotp } from "../../auth/totp.ts";
import { AdminUser, NewPassword, NewUser, UserChange } from "../../contract/admin.ts";
import { UserList } from "../../contract/auth.ts";
import { RelayError } from "../../core/errors.ts";
import { revokeSessionsOf } from "../../db/sessions.ts";
import { findUser } from "../../db/users.ts";
import { type Asked, actorOf } from "../actor.ts";
import type { HttpContext } from "../context.ts";
import { jsonBody } from "../json-body.ts";
import { requestId } from "../request-id.ts";

/** The accounts, as the command `user` has them. */
export function adminUserRoutes(context: HttpContext) {
  const { db, log, now } = context;
  const tell = (
    event: "user.added" | "user.changed" | "user.password_set" | "auth.session_ended",
    request: Request,
    user_id: string,
  ) => log.event(event, { request_id: requestId(request), user_id });
  const viewOf = (id: string) => {
    const found = listUsers(db).find((user) => user.id === id);
    if (!found) throw new RelayError("not_found");
    return found;
  };
  /** So that a box is never left without an administrator, and a stolen token is not enough. @throws RelayError not_found, forbidden */
  const somebodyElse = (id: string, asked: Asked, instead: string) => {
    const user = findUser(db.orm, id);
    if (!user) throw new RelayError("not_found");
    const by = actorOf(context, asked);
    if (by.id === id) throw new RelayError("forbidden", `This is your own account. ${instead}`);
    return { user, by };
  };
  return new Elysia({ prefix: "/admin/users" })
    .get("", () => ({ users: listUsers(db) }), {
      response: { 200: UserList },
      detail: { summary: "All accounts" },
    })
    .post(
      "",
      async ({ body, request, server, set }) => {
        const { id } = await addUser(db, body, undefined, actorOf(context, { request, server }));
        tell("user.added", request, id);
        set.status = 201;
        return viewOf(id);
      },
      {
        parse: [jsonBody(context, "/admin/users"), "json"],
        body: NewUser,
        response: { 201: AdminUser },
        detail: { summary: "Make an account" },
      },
    )
    .patch(
      "/:id",
      ({ params, body, request, server }) => {
        const { user, by } = somebodyElse(params.id, { request, server }, "Ask another administrator.");
        changeUser(db, user.id, body, by);
        tell("user.changed", request, user.id);
        return viewOf(user.id);
      },
      {
        parse: [jsonBody(context, "/admin/users/:id"), "json"],
        body: UserChange,
        response: { 200: AdminUser },
        detail: {
          summary: "Set an account's role, disable or enable it",
          description: "Disabling signs it out everywhere and ends its uploads' tokens within a second.",
        },
      },
    )
    .post(
      "/:id/password",
      async ({ params, body, request, server, set }) => {
        const { user, by } = somebodyElse(params.id, { request, server }, "Change your own password in your account.");
        await resetPassword(db, user.username, body.password, by);
        tell("user.password_set", request, user.id);
        set.status = 204;
      },
      {
        parse: [jsonBody(context, "/admin/users/:id/password"), "json"],
        body: NewPassword,
        detail: { summary: "Set a new password for somebody who has lost it", description: "Signs the account out." },
      },
    )
    .delete(
      "/:id/sessions",
      ({ params, request, server, set }) => {
        const user = findUser(db.orm, params.id);
        if (!user) throw new RelayError("not_found");
        const by = actorOf(context, { request, server });
        db.transaction((tx) => {
          revokeSessionsOf(tx, user.id, now().wall);
          record(tx, { by, event: "auth.session_ended", details: { user_id: user.id } });
        });
        tell("auth.session_ended", request, user.id);
        set.status = 204;
      },
      { detail: { summary: "Sign an account out everywhere; its uploads go on" } },
    )
    .post(
      "/:id/reset-totp",
      ({ params, request, server, set }) => {
        const user = findUser(db.orm, params.id);
        if (!user) throw new RelayError("not_found");
        const by = actorOf(context, { request, server });
        // A stolen token must not be enough to be rid of one's own second factor: that takes the password and a code.
        if (by.id === user.id) throw new RelayError("forbidden", "Switch your own second factor off in your account.");
        resetTotp(db, user, by);
        log.event("user.totp_reset", { request_id: requestId(request), user_id: user.id });
        set.status = 204;
      },
      {
        parse: "none",
        params: t.Object({ id: t.String() }),
        detail: {
          summary: "Remove the second factor of somebody who has lost the authenticator",
          description: "Signs the account out everywhere; its uploads go on.",
        },
      },
    );
}
