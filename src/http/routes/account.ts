import { Elysia } from "elysia";
import { changePassword } from "../../auth/accounts.ts";
import { PasswordChange } from "../../contract/auth.ts";
import { RelayError } from "../../core/errors.ts";
import { findUser } from "../../db/users.ts";
import { clientAddress, networkOf, type SocketServer } from "../client-address.ts";
import type { HttpContext } from "../context.ts";
import { jsonBody } from "../json-body.ts";
import { requestId } from "../request-id.ts";

interface Asked {
  readonly request: Request;
  readonly server: SocketServer | null;
}

/** What a person changes about the own account. Guesses count here as they do at sign-in: a token may be stolen. */
export function accountRoutes(context: HttpContext) {
  const { config, db, guard, log, attempts } = context;
  const own = (request: Request) => {
    const caller = guard.principal(request);
    const user = findUser(db.orm, caller.userId);
    if (caller.kind !== "access" || !user) throw new RelayError("unauthorized");
    return { user, sessionId: caller.sessionId };
  };
  /** Whatever fails with the password or a code counts as a guess. */
  const guessing = async <T>({ request, server }: Asked, username: string, work: () => Promise<T>): Promise<T> => {
    const network = networkOf(clientAddress(request, server, config()));
    const guess = { subject: `name ${username}`, network };
    attempts.knock(network);
    attempts.begin(guess);
    const succeeded = () => attempts.succeed(network, [guess]);
    try {
      const answer = await work();
      succeeded();
      return answer;
    } catch (error) {
      if (error instanceof RelayError && error.code === "password_unfit") succeeded(); // the old one was right
      throw error;
    }
  };
  return new Elysia({ prefix: "/auth" }).post(
    "/password",
    async ({ body, request, server, set }) => {
      const { user, sessionId } = own(request);
      const change = { user, sessionId, oldPassword: body.old_password, newPassword: body.new_password };
      await guessing({ request, server }, user.username, () => changePassword(db, change));
      log.event("auth.password_changed", { request_id: requestId(request), user_id: user.id });
      set.status = 204;
    },
    {
      parse: [jsonBody(context, "/auth/password"), "json"],
      body: PasswordChange,
      detail: { summary: "Change the own password", description: "Ends this account's other sign-ins." },
    },
  );
}
