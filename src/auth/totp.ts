import { randomBytes } from "node:crypto";
import { Secret, TOTP } from "otpauth";
import { type Actor, record } from "../audit/record.ts";
import { RelayError } from "../core/errors.ts";
import { keyedHash } from "../core/keyed-hash.ts";
import type { Database, Transaction } from "../db/database.ts";
import { replaceRecoveryCodes, takeRecoveryCode, takeStep } from "../db/second-factors.ts";
import { revokeSessionsOf } from "../db/sessions.ts";
import { findUser, type UserRow, updateUser } from "../db/users.ts";
import { bareCode, newCode } from "./codes.ts";
import { createSealer } from "./sealing.ts";

/** RFC 6238 4: what every authenticator app assumes. */
const stepSeconds = 30;
/** 160 bits, as RFC 4226 4 R6 recommends. */
const secretBytes = 20;
const recoveryCodes = 10;

/** What a person shows beside the password. */
export interface SecondFactor {
  readonly totp?: string | undefined;
  readonly recoveryCode?: string | undefined;
}

export interface Totp {
  /** A new secret that waits to be confirmed. @throws RelayError totp_already_set_up */
  enroll(user: UserRow, siteName: string): { secret: string; url: string };
  /**
   * Ends the account's other sign-ins: they showed the password alone.
   * @returns the recovery codes, shown this once
   * @throws RelayError totp_invalid, totp_already_set_up
   */
  confirm(user: UserRow, sessionId: string, code: string, by: Actor): string[];
  /** Whether it is right, and was not used before; it is used up then. */
  check(user: UserRow, shown: SecondFactor, by: Actor): boolean;
  /** After password and code were shown. */
  disable(user: UserRow, by: Actor): void;
}

/** Whether an account may do nothing yet but set up its second factor. */
export const mustEnroll = (user: Pick<UserRow, "role" | "totpSecret">, requireTotpFor: readonly string[]): boolean =>
  user.totpSecret === null && requireTotpFor.includes(user.role);

const code = (issuer: string, label: string, secret: string) =>
  new TOTP({ issuer, label, secret: Secret.fromBase32(secret), algorithm: "SHA1", digits: 6, period: stepSeconds });

/** @param wall milliseconds since 1970 UTC: authenticators go by the time of day */
export function createTotp(deps: { db: Database; hashKey: Uint8Array; wall: () => number }): Totp {
  const { db, hashKey, wall } = deps;
  const sealer = createSealer(hashKey, "second factor");
  const recoveryHash = (userId: string, shown: string) => keyedHash(hashKey, "recovery", userId, bareCode(shown));

  /** The step a code is of: the present one, or the one before or after (RFC 6238 5.2). */
  function stepOf(user: UserRow, sealed: string, shown: string): number | undefined {
    if (!/^\d{6}$/.test(bareCode(shown))) return undefined;
    const timestamp = wall();
    const delta = code("", "", sealer.open(sealed, user.id)).validate({ token: bareCode(shown), timestamp, window: 1 });
    return delta === null ? undefined : Math.floor(timestamp / 1000 / stepSeconds) + delta;
  }

  /** A used one is told of: somebody has no authenticator, or has found the paper. */
  const useRecoveryCode = (user: UserRow, shown: string, by: Actor): boolean =>
    db.transaction((tx) => {
      const taken = takeRecoveryCode(tx, user.id, recoveryHash(user.id, shown));
      if (taken) record(tx, { by, event: "user.recovery_code_used", details: { user_id: user.id } });
      return taken;
    });

  const check: Totp["check"] = (user, { totp, recoveryCode }, by) => {
    if (user.totpSecret === null) return false;
    if (totp === undefined) return recoveryCode !== undefined && useRecoveryCode(user, recoveryCode, by);
    const step = stepOf(user, user.totpSecret, totp);
    return step !== undefined && takeStep(db.orm, user.id, step);
  };

  return {
    check,
    enroll: (user, siteName) => {
      if (user.totpSecret !== null) throw new RelayError("totp_already_set_up");
      const secret = new Secret({ buffer: new Uint8Array(randomBytes(secretBytes)).buffer }).base32;
      updateUser(db.orm, user.id, { totpPending: sealer.seal(secret, user.id) });
      return { secret, url: code(siteName, user.username, secret).toString() };
    },
    confirm: (user, sessionId, shown, by) => {
      const codes = Array.from({ length: recoveryCodes }, newCode);
      db.transaction((tx) => {
        const { totpPending = null, totpSecret = null } = findUser(tx, user.id) ?? {};
        if (totpSecret !== null) throw new RelayError("totp_already_set_up");
        const step = totpPending === null ? undefined : stepOf(user, totpPending, shown);
        if (step === undefined) throw new RelayError("totp_invalid");
        updateUser(tx, user.id, { totpSecret: totpPending, totpPending: null, totpLastStep: step });
        const hashes = codes.map((it) => recoveryHash(user.id, it));
        replaceRecoveryCodes(tx, user.id, hashes);
        revokeSessionsOf(tx, user.id, wall(), sessionId);
        record(tx, { by, event: "user.totp_set_up", details: { user_id: user.id } });
      });
      return codes;
    },
    disable: (user, by) =>
      db.transaction((tx) => {
        removeSecondFactor(tx, user.id);
        record(tx, { by, event: "user.totp_removed", details: { user_id: user.id } });
      }),
  };
}

function removeSecondFactor(tx: Transaction, userId: string): void {
  updateUser(tx, userId, { totpSecret: null, totpPending: null, totpLastStep: null });
  replaceRecoveryCodes(tx, userId, []);
}

/** For somebody who has lost the authenticator: signed out everywhere, and the password alone signs in again. */
export function resetTotp(db: Database, { id }: UserRow, by: Actor): void {
  db.transaction((tx) => {
    removeSecondFactor(tx, id);
    revokeSessionsOf(tx, id, Date.now());
    record(tx, { by, event: "user.totp_reset", details: { user_id: id } });
  });
}
