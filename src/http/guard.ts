import { guestOf, isLive } from "../auth/invitations.ts";
import type { TokenClaims, Tokens } from "../auth/tokens.ts";
import { mustEnroll } from "../auth/totp.ts";
import { may } from "../contract/permissions.ts";
import type { Config } from "../core/config-schema.ts";
import { RelayError } from "../core/errors.ts";
import { RateWindow } from "../core/rate.ts";
import type { Database } from "../db/database.ts";
import { findInvitation } from "../db/invitations.ts";
import { findLiveSession } from "../db/sessions.ts";
import { findUpload, type UploadRow } from "../db/uploads.ts";
import { findUser } from "../db/users.ts";
import { accessOf, isProtected } from "./access.ts";
import { type OpenAnswer, OpenAnswers } from "./open-answers.ts";

/** Who a request speaks for. */
export type Principal = TokenClaims & {
  readonly username: string;
  /** May use /auth/* alone. */
  readonly mustEnroll: boolean;
};

export interface Guard {
  /** Before routing: who is it? Protected paths refuse here, whether they exist or not. */
  authenticate(request: Request, path: string): Promise<void>;
  /** After routing, before the body is looked at: may they? */
  authorize(request: Request, route: string, uploadId: string | undefined): void;
  /** For an answer that goes on: does the caller still hold what it was given on? @throws RelayError unauthorized */
  recheck(request: Request): void;
  /** For a request that lasts: ends it within a second once the account is disabled. */
  watch(request: Request): OpenAnswer;
  principal(request: Request): Principal;
  /** The upload of a path, if this caller may touch it so. Another's answers as one that does not exist. */
  upload(request: Request, id: string, use: "see" | "change" | "own"): UploadRow;
}

/** The token of a request (RFC 6750 2.1). @throws RelayError unauthorized where there is none */
export function bearerOf({ headers }: Request): string {
  const token = /^Bearer +([^\s]+) *$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (!token) throw new RelayError("unauthorized");
  return token;
}

export function createGuard(deps: { db: Database; tokens: Tokens; config: () => Config }): Guard {
  const principals = new WeakMap<Request, Principal>();
  const rate = new RateWindow(() => deps.config().limits.requests_per_minute, 60_000);

  const principal = (request: Request): Principal => {
    const found = principals.get(request);
    if (!found) throw new RelayError("unauthorized");
    return found;
  };

  /** Takes a token's word only as far as the database has it today: role, account, session. @throws RelayError unauthorized */
  const admit = (request: Request, claims: TokenClaims): void => {
    const user = findUser(deps.db.orm, claims.userId);
    if (!user || user.disabledAt !== null) throw new RelayError("unauthorized");
    const { username, role } = user;
    if (claims.kind === "upload") return void principals.set(request, { ...claims, username, mustEnroll: false });
    if (claims.kind === "guest") {
      const invitation = findInvitation(deps.db.orm, claims.invitationId);
      const alive = invitation && isLive(deps.db.orm, invitation, deps.db.clock.now().box);
      if (!alive || invitation.userId !== user.id || !may(role, "invite")) throw new RelayError("unauthorized");
      return void principals.set(request, { ...claims, username: guestOf(username), mustEnroll: false });
    }
    if (findLiveSession(deps.db.orm, claims.sessionId, deps.db.clock.now().box)?.userId !== user.id)
      throw new RelayError("unauthorized");
    const enroll = mustEnroll(user, deps.config().auth.require_totp_for);
    principals.set(request, { ...claims, username, role, mustEnroll: enroll });
  };

  /** Whoever invited has stopped the QR session: what it gave is good for nothing any more. */
  const isStopped = ({ invitationId }: UploadRow) =>
    invitationId !== null && (findInvitation(deps.db.orm, invitationId)?.revokedAt ?? null) !== null;

  const openAnswers = new OpenAnswers(deps.db);

  return {
    principal,
    watch: (request) => openAnswers.begin(principal(request).userId, request.signal),
    recheck: (request) => {
      const caller = principal(request);
      if (caller.expiresAt <= Date.now()) throw new RelayError("unauthorized");
      admit(request, caller);
    },
    authenticate: async (request, path) => {
      if (!isProtected(request.method, path)) return;
      const claims = await deps.tokens.verify(bearerOf(request));
      admit(request, claims);
      // Chunk requests are bounded by bytes and by open requests (upload/open-requests.ts).
      if (path.endsWith("/chunk")) return;
      const wait = rate.hit(claims.userId);
      if (wait > 0) throw new RelayError("too_many_requests", undefined, { retryAfterSeconds: wait });
    },
    authorize: (request, route, uploadId) => {
      const rule = accessOf(request.method, route);
      if (!rule) throw new RelayError("not_found");
      if (rule.token === "none") return;
      const caller = principal(request);
      if (caller.kind === "guest") {
        if (!rule.guest) throw new RelayError("forbidden");
        return;
      }
      if (rule.token !== "either" && rule.token !== caller.kind) throw new RelayError("unauthorized");
      if (caller.mustEnroll && !route.startsWith("/auth/")) throw new RelayError("totp_enrollment_required");
      if (caller.kind === "upload") {
        if (route.startsWith("/upload/") && caller.uploadId !== uploadId) throw new RelayError("wrong_upload");
        return;
      }
      const needed = [rule.permission ?? []].flat();
      if (needed.length > 0 && !needed.some((permission) => may(caller.role, permission)))
        throw new RelayError("forbidden");
    },
    upload: (request, id, use) => {
      const caller = principal(request);
      const row = findUpload(deps.db.orm, id);
      if (!row) throw new RelayError("not_found");
      if (caller.kind === "upload") {
        if (caller.uploadId !== id) throw new RelayError("not_found");
        if (isStopped(row)) throw new RelayError("unauthorized");
        return row;
      }
      if (caller.kind === "guest") {
        if (row.invitationId !== caller.invitationId) throw new RelayError("not_found");
        return row;
      }
      const others = { see: "see_all", change: "administer", own: null } as const;
      const needed = others[use];
      const allowed = row.userId === caller.userId || (needed !== null && may(caller.role, needed));
      if (!allowed) throw new RelayError("not_found");
      return row;
    },
  };
}
