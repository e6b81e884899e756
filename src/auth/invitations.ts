import { createHash, randomBytes, randomUUID } from "node:crypto";
import { type Actor, record } from "../audit/record.ts";
import { type GuestSession, invitationMinutes, type NewInvitation, type Order } from "../contract/invitation.ts";
import { may } from "../contract/permissions.ts";
import { isTerminal } from "../contract/states.ts";
import type { Moment } from "../core/clock.ts";
import { RelayError } from "../core/errors.ts";
import { keyedHash } from "../core/keyed-hash.ts";
import type { Database, Queries } from "../db/database.ts";
import {
  findInvitation,
  findInvitationByCode,
  type InvitationRow,
  insertInvitation,
  revokeInvitation,
  useInvitation,
} from "../db/invitations.ts";
import { findUpload } from "../db/uploads.ts";
import { findUser, type UserRow } from "../db/users.ts";
import type { Tokens } from "./tokens.ts";

/** T8 asks for 128 bits; these are 192, and no more than fits a QR code of few modules. */
const codeBytes = 24;
const hashOf = (code: string) => createHash("sha256").update(code).digest("hex");

export interface Invitations {
  /** @returns the row and the code, which is nowhere else */
  invite(by: Actor & { readonly id: string }, asked: NewInvitation): { row: InvitationRow; code: string };
  /**
   * Uses a code up, for the device that shows it first; the same key gets the same answer again.
   * @throws RelayError invitation_unknown, invitation_used, invitation_expired
   */
  redeem(code: string, key: string | null, address: string): Promise<Omit<GuestSession, "site_name">>;
  /** From now on neither the code nor what it gave is good for anything. @returns whether it was not stopped before */
  stop(row: InvitationRow, by: Actor): boolean;
}

export function createInvitations(deps: {
  db: Database;
  tokens: Tokens;
  hashKey: Uint8Array;
  sessionHours: () => number;
  now: () => Moment;
}): Invitations {
  const { db, tokens, hashKey, now } = deps;

  /** Whose invitation it is, if that person may still invite. */
  const hostOf = (tx: Queries, row: InvitationRow): UserRow | undefined => {
    const user = findUser(tx, row.userId);
    return user && user.disabledAt === null && may(user.role, "invite") ? user : undefined;
  };

  function take(code: string, key: string | null, address: string): { row: InvitationRow; host: UserRow } {
    const codeHash = hashOf(code);
    const usedKey = key === null ? null : keyedHash(hashKey, "redeem", codeHash, key);
    return db.transaction((tx) => {
      const { wall, box } = now();
      const before = findInvitationByCode(tx, codeHash);
      if (!before) throw new RelayError("invitation_unknown");
      const host = hostOf(tx, before);
      if (before.revokedAt !== null || !host) throw new RelayError("invitation_expired");
      const lasts = deps.sessionHours() * 3_600_000;
      const used = { usedAt: wall, usedKey, endsAt: box + lasts, tokenEndsAt: wall + lasts };
      const row = useInvitation(tx, codeHash, box, used);
      if (row) {
        const by = { id: host.id, name: guestOf(host.username), address };
        record(tx, { by, event: "invitation.redeemed", details: { invitation_id: row.id } });
        return { row, host };
      }
      if (before.usedAt === null) throw new RelayError("invitation_expired");
      if (usedKey === null || before.usedKey !== usedKey) throw new RelayError("invitation_used");
      if (!isLive(tx, before, box)) throw new RelayError("invitation_expired");
      return { row: before, host };
    });
  }

  return {
    invite: (by, asked) => {
      const code = randomBytes(codeBytes).toString("base64url");
      const { wall, box } = now();
      const minutes = asked.expires_in_minutes ?? invitationMinutes.default;
      const id = randomUUID();
      const row = db.transaction((tx) => {
        insertInvitation(tx, {
          id,
          userId: by.id,
          codeHash: hashOf(code),
          label: asked.label?.trim() || null,
          destinationId: asked.destination_id ?? null,
          expected: orderOf(asked.expected),
          createdAt: wall,
          endsAt: box + minutes * 60_000,
        });
        record(tx, { by, event: "invitation.made", details: { invitation_id: id } });
        return findInvitation(tx, id) as InvitationRow;
      });
      return { row, code };
    },
    redeem: async (code, key, address) => {
      const { row, host } = take(code, key, address);
      const [from, until] = [row.usedAt ?? 0, row.tokenEndsAt ?? 0];
      return {
        access_token: await tokens.guest(row.userId, row.id, from, until),
        token_type: "Bearer",
        expires_in: Math.max(0, Math.round((row.endsAt - now().box) / 1000)),
        expires_at: new Date(until).toISOString(),
        invitation_id: row.id,
        invited_by: host.username,
        label: row.label ?? "",
        destination_id: row.destinationId,
        expected: row.expected,
      };
    },
    stop: (row, by) =>
      db.transaction((tx) => {
        const stopped = revokeInvitation(tx, row.id, now());
        if (stopped) record(tx, { by, event: "invitation.stopped", details: { invitation_id: row.id } });
        return stopped;
      }),
  };
}

/** How a guest is called where a name has to stand. */
export const guestOf = (username: string): string => `guest of ${username}`;

/** What was left empty is not compared; null: nothing is. */
function orderOf(asked: Order | undefined): Order | null {
  const filled = Object.entries(asked ?? {}).flatMap(([name, value]) => (value.trim() ? [[name, value.trim()]] : []));
  return filled.length === 0 ? null : (Object.fromEntries(filled) as Order);
}

/**
 * Whether a guest may still act on it (CONTRACT §3): used, neither stopped nor over, and its upload has not ended.
 * @param box box time
 */
export function isLive(q: Queries, row: InvitationRow, box: number): boolean {
  if (row.usedAt === null || row.revokedAt !== null || row.endsAt <= box) return false;
  const upload = row.uploadId === null ? undefined : findUpload(q, row.uploadId);
  return upload === undefined ? row.uploadId === null : !isTerminal(upload.state);
}
