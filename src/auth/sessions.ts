import { createHash, createHmac, randomBytes, randomUUID } from "node:crypto";
import { record } from "../audit/record.ts";
import type { Moment } from "../core/clock.ts";
import { RelayError } from "../core/errors.ts";
import type { Database, Queries } from "../db/database.ts";
import {
  findLiveSession,
  findRefreshToken,
  forgetSessionsEndedBefore,
  insertRefreshToken,
  insertSession,
  type RefreshTokenRow,
  revokeSession,
  type SessionRow,
  touchSession,
  updateRefreshToken,
} from "../db/sessions.ts";
import { findUser, type UserRow } from "../db/users.ts";

/**
 * How long a token that was exchanged gives its successor again: two tabs refresh at once, or a bad link sends a request twice.
 * The browser's one cookie ends up the same, whichever answer it sees last.
 */
const graceMs = 60_000;

/** What a sign-in or a refresh hands out. */
export interface OpenSession {
  readonly sessionId: string;
  readonly user: UserRow;
  /** For the cookie; not kept anywhere here. */
  readonly refreshToken: string;
  /** Box time. */
  readonly endsAt: number;
}

export interface Sessions {
  /** @param hours until it ends for good · @param address where from */
  open(user: UserRow, hours: number, address?: string | null): OpenSession;
  /**
   * Exchanges a refresh token for its successor. One that was exchanged before ends the whole session where its successor
   * has been used: then two parties hold tokens of one sign-in (RFC 9700 4.14.2).
   * @throws RelayError unauthorized
   */
  refresh(token: string): OpenSession;
  /** Ends the session a refresh token belongs to, whichever of its tokens it is. @returns its id, undefined where there is none */
  end(token: string): string | undefined;
}

const hashOf = (token: string) => createHash("sha256").update(token).digest("hex");

export function createSessions(deps: {
  db: Database;
  hashKey: Uint8Array;
  now: () => Moment;
  /** A token was shown again whose successor was used; the session is ended. */
  onReuse: (session: SessionRow) => void;
}): Sessions {
  const { db, hashKey, now, onReuse } = deps;

  /** 256 bits nobody can tell without the box's key and the token before; the same ones when asked again. */
  const successorOf = (token: string, rotatedAt: number) =>
    createHmac("sha256", hashKey).update(`refresh\u0000${token}\u0000${rotatedAt}`).digest("base64url");

  /** The successor of a token: a fresh one, the same again, or undefined where the token must not be shown any more. */
  function exchange(tx: Queries, token: string, row: RefreshTokenRow): string | undefined {
    const time = now().box;
    if (row.rotatedAt !== null) {
      const successor = row.successor === null ? undefined : findRefreshToken(tx, row.successor);
      if (!successor || successor.rotatedAt !== null) return undefined;
      if (time - row.rotatedAt <= graceMs) return successorOf(token, row.rotatedAt);
      // The answer with the successor was lost on the way: another one, and the lost one must never turn up.
      updateRefreshToken(tx, successor.hash, { rotatedAt: time, successor: null });
    }
    const next = successorOf(token, time);
    updateRefreshToken(tx, row.hash, { rotatedAt: time, successor: hashOf(next) });
    insertRefreshToken(tx, hashOf(next), row.sessionId);
    return next;
  }

  return {
    open: (user, hours, address = null) => {
      const token = randomBytes(32).toString("base64url");
      const { wall, box } = now();
      const row = { id: randomUUID(), userId: user.id, createdAt: wall, lastUsedAt: wall };
      const endsAt = box + hours * 3_600_000;
      db.transaction((tx) => {
        forgetSessionsEndedBefore(tx, box);
        insertSession(tx, { ...row, endsAt });
        insertRefreshToken(tx, hashOf(token), row.id);
        const by = { id: user.id, name: user.username, address };
        record(tx, { by, event: "auth.signed_in", details: { session_id: row.id, role: user.role } });
      });
      return { sessionId: row.id, user, refreshToken: token, endsAt };
    },
    refresh: (token) => {
      const outcome = db.transaction((tx) => {
        const row = findRefreshToken(tx, hashOf(token));
        const session = row && findLiveSession(tx, row.sessionId, now().box);
        const user = session && findUser(tx, session.userId);
        if (!row || !session || !user || user.disabledAt !== null) return "unknown";
        const next = exchange(tx, token, row);
        if (next === undefined) {
          revokeSession(tx, session.id, now().wall);
          const by = { id: user.id, name: user.username, address: null };
          record(tx, { by, event: "auth.session_reused", failed: true, details: { session_id: session.id } });
          return session;
        }
        touchSession(tx, session.id, now().wall);
        return { sessionId: session.id, user, refreshToken: next, endsAt: session.endsAt };
      });
      if (outcome !== "unknown" && "refreshToken" in outcome) return outcome;
      if (outcome !== "unknown") onReuse(outcome);
      throw new RelayError("unauthorized");
    },
    end: (token) =>
      db.transaction((tx) => {
        const row = findRefreshToken(tx, hashOf(token));
        if (row) revokeSession(tx, row.sessionId, now().wall);
        return row?.sessionId;
      }),
  };
}
