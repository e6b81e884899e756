import { Elysia } from "elysia";
import { record } from "../../audit/record.ts";
import { checkPassword, normalizeUsername } from "../../auth/accounts.ts";
import { type Guess, totpGuess } from "../../auth/attempts.ts";
import { beginSignIn, requireRoomToSignIn } from "../../auth/hashing.ts";
import type { OpenSession } from "../../auth/sessions.ts";
import { Login, OwnAccount, SignedIn } from "../../contract/auth.ts";
import { RelayError } from "../../core/errors.ts";
import { findUser, findUserByName } from "../../db/users.ts";
import { type Asked, addressOf } from "../actor.ts";
import { networkOf } from "../client-address.ts";
import type { HttpContext } from "../context.ts";
import { type BodyBounds, jsonBody } from "../json-body.ts";
import { requestId } from "../request-id.ts";
import { cookieToken } from "../session-cookie.ts";
import { signedIn } from "./sessions.ts";

/** A name and a password with every character escaped. */
const loginBounds: BodyBounds = { maxBytes: 16 * 1024, maxValues: 16 };

/** Sign-in: password and second factor against a session and its short access tokens. */
export function authRoutes(context: HttpContext) {
  const { config, db, guard, log, authSessions, attempts, totp } = context;
  const networkOfRequest = ({ request, server }: Asked) => networkOf(addressOf(config(), { request, server }));
  /** Nobody's guess is counted where the box is too busy to look at it. @returns what ends the sign-in */
  const admit = (asked: Asked) => {
    try {
      return beginSignIn();
    } catch (error) {
      attempts.forgive(networkOfRequest(asked), []);
      throw error;
    }
  };
  /** Password, then second factor. @throws RelayError invalid_credentials, totp_required, totp_invalid, too_many_attempts */
  async function signIn(body: Login, asked: Asked): Promise<OpenSession> {
    const { request } = asked;
    const address = addressOf(config(), asked);
    const network = networkOf(address);
    const guesses: Guess[] = [{ subject: `name ${normalizeUsername(body.username)}`, network }];
    for (const guess of guesses) attempts.begin(guess);
    const failed = (code: "invalid_credentials" | "totp_invalid") => {
      log.event("auth.sign_in_failed", { request_id: requestId(request), code });
      // A name that is nobody's is not written: a password or a patient may have got into its field.
      const known = findUserByName(db.orm, normalizeUsername(body.username));
      const by = { id: known?.id ?? null, name: known?.username ?? null, address };
      db.transaction((tx) => record(tx, { by, event: "auth.sign_in_failed", failed: true, details: { code } }));
      return new RelayError(code);
    };
    const user = await checkPassword(db, body.username, body.password);
    if (!user) throw failed("invalid_credentials");
    if (user.totpSecret !== null) {
      if (body.totp === undefined && body.recovery_code === undefined) {
        attempts.forgive(network, guesses);
        throw new RelayError("totp_required");
      }
      const second = totpGuess(user.id, network);
      attempts.begin(second);
      guesses.push(second);
      const by = { id: user.id, name: user.username, address };
      const shown = { totp: body.totp, recoveryCode: body.recovery_code };
      if (!totp.check(user, shown, by)) throw failed("totp_invalid");
    }
    attempts.succeed(network, guesses); // only failures count: a ward signs in from one address
    log.event("auth.signed_in", { request_id: requestId(request), user_id: user.id, role: user.role });
    const before = cookieToken(config(), request);
    if (before !== "") authSessions.end(before); // unlocked, or handed over without a connection: nobody holds it any more
    return authSessions.open(user, config().auth.session_hours, address);
  }

  return new Elysia({ prefix: "/auth" })
    .post(
      "/login",
      async ({ body, request, server, set }) => {
        const end = admit({ request, server });
        try {
          return await signedIn(context, await signIn(body, { request, server }), set);
        } finally {
          end();
        }
      },
      {
        // The address before the body: whoever is past its limit gets nothing read. Where there is no room nothing is written either.
        parse: [
          requireRoomToSignIn,
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
        return { id: user.id, username: user.username, role: user.role, totp_enabled: user.totpSecret !== null };
      },
      { response: { 200: OwnAccount }, detail: { summary: "Who this token speaks for" } },
    );
}
