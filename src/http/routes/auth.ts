import { Elysia } from "elysia";
import { checkPassword, normalizeUsername } from "../../auth/accounts.ts";
import { Login, SignedIn, UserView } from "../../contract/auth.ts";
import { RelayError } from "../../core/errors.ts";
import { findUser } from "../../db/users.ts";
import { clientAddress, networkOf, type SocketServer } from "../client-address.ts";
import type { HttpContext } from "../context.ts";
import { type BodyBounds, jsonBody } from "../json-body.ts";
import { requireOwnOrigin } from "../own-origin.ts";
import { requestId } from "../request-id.ts";
import { signedIn } from "./sessions.ts";

/** A name and a password with every character escaped. */
const loginBounds: BodyBounds = { maxBytes: 16 * 1024, maxValues: 16 };

/** Sign-in: password against a session and its short access tokens. Second factors come with their own part. */
export function authRoutes(context: HttpContext) {
  const { config, db, guard, log, authSessions, attempts } = context;
  const networkOfRequest = ({ request, server }: Asked) => networkOf(clientAddress(request, server, config()));
  return new Elysia({ prefix: "/auth" })
    .post(
      "/login",
      async ({ body, request, server, set }) => {
        requireOwnOrigin(request, config()); // no other site signs a browser in, as whomever
        const guess = {
          subject: `name ${normalizeUsername(body.username)}`,
          network: networkOfRequest({ request, server }),
        };
        attempts.begin(guess);
        const user = await checkPassword(db, body.username, body.password);
        if (!user) {
          log.event("auth.sign_in_failed", { request_id: requestId(request) }, "warning");
          throw new RelayError("invalid_credentials");
        }
        attempts.succeed(guess.network, [guess]); // only failures count: a ward signs in from one address
        log.event("auth.signed_in", { request_id: requestId(request), user_id: user.id, role: user.role });
        return signedIn(context, authSessions.open(user, config().auth.session_hours), set);
      },
      {
        // The address before the body: whoever is past its limit gets nothing read.
        parse: [
          (asked: Asked) => attempts.knock(networkOfRequest(asked)),
          jsonBody({ config, guard }, "/auth/login", () => loginBounds),
          "json",
        ],
        body: Login,
        response: { 200: SignedIn },
        detail: { summary: "Sign in" },
      },
    )
    .get(
      "/me",
      ({ request }) => {
        const { userId } = guard.principal(request);
        const user = findUser(db.orm, userId);
        if (!user) throw new RelayError("unauthorized");
        return { id: user.id, username: user.username, role: user.role };
      },
      { response: { 200: UserView }, detail: { summary: "Who this token speaks for" } },
    );
}

interface Asked {
  readonly request: Request;
  readonly server: SocketServer | null;
}
