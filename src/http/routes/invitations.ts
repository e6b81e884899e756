import { Elysia, t } from "elysia";
import { renderSVG } from "uqr";
import { isLive } from "../../auth/invitations.ts";
import {
  GuestSession,
  InvitationList,
  InvitationMade,
  type InvitationView,
  NewInvitation,
  Redeem,
} from "../../contract/invitation.ts";
import { may } from "../../contract/permissions.ts";
import type { Config } from "../../core/config-schema.ts";
import { RelayError } from "../../core/errors.ts";
import { RateWindow } from "../../core/rate.ts";
import { findInvitation, type InvitationRow, listInvitations } from "../../db/invitations.ts";
import { findUpload } from "../../db/uploads.ts";
import { findUser } from "../../db/users.ts";
import { applyCancel } from "../../forward/cancel.ts";
import { clientAddress, networkOf, type SocketServer } from "../client-address.ts";
import type { HttpContext } from "../context.ts";
import { idempotencyKey } from "../idempotency-key.ts";
import { type BodyBounds, jsonBody } from "../json-body.ts";
import { requestId } from "../request-id.ts";

const redeemBounds: BodyBounds = { maxBytes: 4096, maxValues: 8 };
/** The newest of a person's, or of all for an administrator. */
const mostListed = 100;

/** Where a phone finds this box: as configured, else as the one who invites has found it. */
function addressOf(request: Request, { public_url, tls }: Config): string {
  if (public_url !== "") return public_url.replace(/\/+$/, "");
  const { host, protocol } = new URL(request.url);
  const forwarded = tls.behind_proxy ? request.headers : new Headers();
  const secure = forwarded.get("x-forwarded-proto") === "https";
  return `${secure ? "https:" : protocol}//${forwarded.get("x-forwarded-host") ?? host}`;
}

/** QR sessions: a device without an account sends one study (CONTRACT §3). */
export function invitationRoutes(context: HttpContext) {
  const { config, db, guard, invitations, live, log, now } = context;
  const rate = new RateWindow(() => config().limits.requests_per_minute, 60_000);
  const addressFrom = (request: Request, server: SocketServer | null) => clientAddress(request, server, config());
  const actor = (request: Request, server: SocketServer | null) => {
    const { userId, username } = guard.principal(request);
    return { id: userId, name: username, address: addressFrom(request, server) };
  };
  const mayAll = (request: Request) => {
    const caller = guard.principal(request);
    return caller.kind === "access" && may(caller.role, "administer");
  };
  const at = (time: number) => new Date(time).toISOString();
  const viewOf = (row: InvitationRow): InvitationView => ({
    invitation_id: row.id,
    label: row.label ?? "",
    destination_id: row.destinationId,
    invited_by: findUser(db.orm, row.userId)?.username ?? "",
    state:
      row.usedAt === null
        ? row.endsAt > now().box
          ? "open"
          : "ended"
        : isLive(db.orm, row, now().box)
          ? "used"
          : "ended",
    created_at: at(row.createdAt),
    expires_at: at(db.clock.wallOf(row.endsAt)),
    used_at: row.usedAt === null ? null : at(row.usedAt),
    upload_id: row.uploadId,
  });
  /** What the guest has not sent whole is given up; what the box has whole goes on. */
  async function endReceiving(uploadId: string): Promise<void> {
    if (findUpload(db.orm, uploadId)?.state !== "receiving") return;
    await context.endUpload(uploadId, (tx, mayBeThere) => {
      if (findUpload(tx, uploadId)?.state === "receiving") applyCancel(tx, uploadId, now(), mayBeThere);
    });
    live.changed(uploadId);
    context.wake();
  }

  return new Elysia({ prefix: "/invitations" })
    .post(
      "",
      ({ body, request, server, set }) => {
        const { destination_id } = body;
        if (destination_id !== undefined && context.sessions.unknownDestinations([destination_id]).length > 0)
          throw new RelayError("invalid_request", undefined, {
            errors: [{ path: "destination_id", message: "is not a destination of this box" }],
          });
        const { row, code } = invitations.invite(actor(request, server), body);
        log.event("invitation.made", { request_id: requestId(request), invitation_id: row.id, user_id: row.userId });
        const url = `${addressOf(request, config())}/#/join/${code}`;
        set.status = 201;
        return {
          invitation_id: row.id,
          url,
          qr_svg: renderSVG(url, { ecc: "M", border: 4 }), // ISO/IEC 18004 9.1: four modules of quiet zone
          payload: {
            endpoint_id: row.destinationId ?? "default",
            upload_token: code,
            expires_at: at(db.clock.wallOf(row.endsAt)),
          },
        };
      },
      {
        parse: [jsonBody(context, "/invitations"), "json"],
        body: NewInvitation,
        response: { 201: InvitationMade },
        detail: { summary: "Invite a device to send one study" },
      },
    )
    .get(
      "",
      ({ request }) => {
        const { userId } = guard.principal(request);
        const rows = listInvitations(db.orm, mayAll(request) ? undefined : userId, mostListed);
        return { invitations: rows.map(viewOf), destination_ids: config().destination.map(({ id }) => id) };
      },
      { response: { 200: InvitationList }, detail: { summary: "Invitations, newest first" } },
    )
    .delete(
      "/:id",
      async ({ params, request, server, set }) => {
        const row = findInvitation(db.orm, params.id);
        if (!row || (row.userId !== guard.principal(request).userId && !mayAll(request)))
          throw new RelayError("not_found");
        if (invitations.stop(row, actor(request, server)))
          log.event("invitation.stopped", { request_id: requestId(request), invitation_id: row.id });
        const { uploadId } = findInvitation(db.orm, row.id) ?? row;
        if (uploadId !== null) await endReceiving(uploadId);
        set.status = 204;
      },
      {
        params: t.Object({ id: t.String() }),
        detail: { summary: "Stop an invitation, and what its guest is sending" },
      },
    )
    .post(
      "/redeem",
      async ({ body, request, server }) => {
        const address = addressFrom(request, server);
        const wait = rate.hit(networkOf(address)); // nobody guesses 192 bits; this keeps the database from being asked for ever
        if (wait > 0) throw new RelayError("too_many_requests", undefined, { retryAfterSeconds: wait });
        const guest = await invitations.redeem(body.upload_token, idempotencyKey(request), address);
        log.event("invitation.redeemed", { request_id: requestId(request), invitation_id: guest.invitation_id });
        return { ...guest, site_name: config().site_name };
      },
      {
        parse: [jsonBody(context, "/invitations/redeem", () => redeemBounds), "json"],
        body: Redeem,
        response: { 200: GuestSession },
        detail: {
          summary: "Exchange an invitation's code for a token that opens one upload",
          parameters: [{ name: "Idempotency-Key", in: "header", schema: { type: "string" } }],
        },
      },
    );
}
