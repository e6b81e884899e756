import { Elysia, t } from "elysia";
import { listUsers } from "../../auth/accounts.ts";
import { resetTotp } from "../../auth/totp.ts";
import { UserList } from "../../contract/auth.ts";
import { RelayError } from "../../core/errors.ts";
import { findUser } from "../../db/users.ts";
import { actorOf } from "../actor.ts";
import type { HttpContext } from "../context.ts";
import { requestId } from "../request-id.ts";

/** The accounts, as the command `user` has them. */
export function adminUserRoutes(context: HttpContext) {
  const { db, log } = context;
  return new Elysia({ prefix: "/admin/users" })
    .get("", () => ({ users: listUsers(db) }), {
      response: { 200: UserList },
      detail: { summary: "All accounts" },
    })
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
