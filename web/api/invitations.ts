import { del, get, set } from "idb-keyval";
import type { GuestSession, InvitationList, InvitationMade, NewInvitation } from "../../src/contract/invitation.ts";
import type { Api, SignedIn } from "./http.ts";
import { ApiError } from "./problem.ts";

/** A device that was let in keeps code and key: by them it is known again after a reload, and no other is. */
interface Ticket {
  readonly code: string;
  readonly key: string;
  /** It leads nowhere any more; kept so that the code is told to have ended here, not to be another device's. */
  readonly over?: true;
  /** What is shown without a network; nothing of the order. */
  readonly known?: Pick<SignedIn, "user" | "visit">;
}
const TICKET = "guest-ticket";

/** @throws ApiError */
export const makeInvitation = (api: Api, body: NewInvitation) =>
  api.call<InvitationMade>("POST", "/invitations", { body });
export const listInvitations = (api: Api) => api.call<InvitationList>("GET", "/invitations");
export const stopInvitation = (api: Api, id: string) => api.call<void>("DELETE", `/invitations/${id}`);

const signedInBy = (guest: GuestSession): SignedIn => ({
  access_token: guest.access_token,
  expires_in: guest.expires_in,
  user: { id: `guest-${guest.invitation_id}`, username: guest.invited_by, role: "guest" },
  visit: {
    siteName: guest.site_name,
    destination: guest.destination_id,
    endsAt: Date.now() + guest.expires_in * 1000,
    order: guest.expected,
  },
});

/** The same ticket gets the same answer; that is how a guest's token is renewed. */
const redeem =
  (api: Api, { code, key }: Ticket) =>
  async (): Promise<SignedIn> =>
    signedInBy(
      await api.call<GuestSession>("POST", "/invitations/redeem", {
        body: { upload_token: code },
        token: null,
        headers: { "idempotency-key": key },
      }),
    );

/** Lets this device in by a code. @throws ApiError invitation_unknown, invitation_used, invitation_expired, network */
export async function joinByCode(api: Api, code: string): Promise<void> {
  const before = await get<Ticket>(TICKET).catch(() => undefined);
  const ticket = before?.code === code ? before : { code, key: crypto.randomUUID() };
  await set(TICKET, ticket).catch(() => undefined); // before it is asked: an answer that is lost is given again
  const renewal = redeem(api, ticket);
  try {
    const { user, visit, ...token } = await renewal();
    api.adopt({ ...token, user, ...(visit ? { visit } : {}) }, renewal);
    const known = { user, ...(visit ? { visit: { ...visit, order: null } } : {}) };
    await set(TICKET, { ...ticket, known } satisfies Ticket).catch(() => undefined);
  } catch (error) {
    if (isOver(error)) await set(TICKET, { code, key: ticket.key, over: true } satisfies Ticket).catch(() => undefined);
    throw error;
  }
}

/** Takes up a guest's session after a reload. @returns whether this device is a guest's */
export async function restoreGuest(api: Api): Promise<boolean> {
  const ticket = await get<Ticket>(TICKET).catch(() => undefined);
  if (ticket === undefined || ticket.over) return false;
  if (ticket.known) api.assume(ticket.known.user, ticket.known.visit, redeem(api, ticket));
  return joinByCode(api, ticket.code).then(
    () => true,
    (error: unknown) => {
      if (isOver(error)) api.adopt(null);
      return !isOver(error);
    },
  );
}
export const forgetTicket = () => del(TICKET).catch(() => undefined);

/** The code leads nowhere any more. */
export const isOver = (error: unknown) => error instanceof ApiError && (error.status === 410 || error.status === 404);
