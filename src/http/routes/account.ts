import { Elysia } from "elysia";
import { renderSVG } from "uqr";
import { changePassword, checkPassword } from "../../auth/accounts.ts";
import { type Guess, totpGuess } from "../../auth/attempts.ts";
import { PasswordChange, TotpConfirm, TotpConfirmed, TotpDisable, TotpEnrollment } from "../../contract/auth.ts";
import { RelayError } from "../../core/errors.ts";
import type { LogEvent } from "../../core/log-events.ts";
import { findUser, type UserRow } from "../../db/users.ts";
import { type Asked, actorOf, addressOf } from "../actor.ts";
import { networkOf } from "../client-address.ts";
import type { HttpContext } from "../context.ts";
import { jsonBody } from "../json-body.ts";
import { requestId } from "../request-id.ts";

/** A whole account's routes; a stolen token must not be enough to change one, so guesses count here as they do at sign-in. */
export function accountRoutes(context: HttpContext) {
  const { config, db, guard, log, attempts, totp } = context;
  const own = (request: Request) => {
    const caller = guard.principal(request);
    const user = findUser(db.orm, caller.userId);
    if (caller.kind !== "access" || !user) throw new RelayError("unauthorized");
    return { user, sessionId: caller.sessionId };
  };
  /** Counts what is tried unless the work answers; an error of what is new, not of what was shown, counts as an answer. */
  const guessing = async <T>(asked: Asked, guessed: (network: string) => Guess[], work: () => T | Promise<T>) => {
    const network = networkOf(addressOf(config(), asked));
    const guesses = guessed(network);
    attempts.knock(network);
    for (const guess of guesses) attempts.begin(guess);
    try {
      const answer = await work();
      attempts.succeed(network, guesses);
      return answer;
    } catch (error) {
      if (error instanceof RelayError && error.code === "password_unfit") attempts.forgive(network, guesses);
      throw error;
    }
  };
  const nameGuess = (user: UserRow, network: string): Guess => ({ subject: `name ${user.username}`, network });
  const told = (event: LogEvent, request: Request, user: UserRow) =>
    log.event(event, { request_id: requestId(request), user_id: user.id });
  const json = (route: string) => [jsonBody(context, route), "json" as const];

  return new Elysia({ prefix: "/auth" })
    .post(
      "/password",
      async ({ body, request, server, set }) => {
        const { user, sessionId } = own(request);
        const change = {
          user,
          sessionId,
          oldPassword: body.old_password,
          newPassword: body.new_password,
          by: actorOf(context, { request, server }),
        };
        await guessing(
          { request, server },
          (network) => [nameGuess(user, network)],
          () => changePassword(db, change),
        );
        told("auth.password_changed", request, user);
        set.status = 204;
      },
      {
        parse: json("/auth/password"),
        body: PasswordChange,
        detail: { summary: "Change the own password", description: "Ends this account's other sign-ins." },
      },
    )
    .post(
      "/totp/enroll",
      ({ request }) => {
        const { secret, url } = totp.enroll(own(request).user, config().site_name);
        return { secret, otpauth_url: url, qr_svg: renderSVG(url) };
      },
      {
        parse: "none",
        response: { 200: TotpEnrollment },
        detail: { summary: "Get a secret for an authenticator app; it counts once it is confirmed" },
      },
    )
    .post(
      "/totp/confirm",
      async ({ body, request, server }) => {
        const { user, sessionId } = own(request);
        const codes = await guessing(
          { request, server },
          (network) => [totpGuess(user.id, network)],
          () => totp.confirm(user, sessionId, body.totp, actorOf(context, { request, server })),
        );
        told("auth.totp_set_up", request, user);
        return { recovery_codes: codes };
      },
      {
        parse: json("/auth/totp/confirm"),
        body: TotpConfirm,
        response: { 200: TotpConfirmed },
        detail: { summary: "Confirm the secret by a code; answers the recovery codes, once" },
      },
    )
    .post(
      "/totp/disable",
      async ({ body, request, server, set }) => {
        const { user } = own(request);
        if (user.totpSecret === null) throw new RelayError("not_found");
        const shown = { totp: body.totp, recoveryCode: body.recovery_code };
        if (shown.totp === undefined && shown.recoveryCode === undefined) throw new RelayError("totp_required");
        await guessing(
          { request, server },
          (network) => [nameGuess(user, network), totpGuess(user.id, network)],
          async () => {
            if (!(await checkPassword(db, user.username, body.password))) throw new RelayError("invalid_credentials");
            const by = actorOf(context, { request, server });
            if (!totp.check(user, shown, by)) throw new RelayError("totp_invalid");
            totp.disable(user, by);
          },
        );
        told("auth.totp_removed", request, user);
        set.status = 204;
      },
      {
        parse: json("/auth/totp/disable"),
        body: TotpDisable,
        detail: { summary: "Switch the second factor off", description: "Takes the password and a code." },
      },
    );
}
