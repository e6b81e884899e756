import { type Static, Type } from "@sinclair/typebox";
import { closed, nullable } from "./shapes.ts";

/** Wire shapes of QR sessions (CONTRACT §3). Bodies are closed. */

/** What is known of the examination that is to come; what is left out is not compared. */
export const Order = Type.Object(
  {
    patient_id: Type.Optional(Type.String({ maxLength: 64 })),
    patient_birth_date: Type.Optional(Type.String({ pattern: "^([0-9]{8})?$" })),
    accession_number: Type.Optional(Type.String({ maxLength: 64 })),
  },
  closed,
);
export type Order = Static<typeof Order>;

export const invitationMinutes = { default: 15, most: 1440 } as const;

export const NewInvitation = Type.Object(
  {
    destination_id: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    expires_in_minutes: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: invitationMinutes.most })),
    label: Type.Optional(Type.String({ maxLength: 128 })),
    expected: Type.Optional(Order),
  },
  closed,
);
export type NewInvitation = Static<typeof NewInvitation>;

export const InvitationMade = Type.Object({
  invitation_id: Type.String(),
  /** The code stands in its fragment, which no browser sends. */
  url: Type.String(),
  qr_svg: Type.String(),
  payload: Type.Object({
    /** The destination it was made for; `default` where routing decides. */
    endpoint_id: Type.String(),
    upload_token: Type.String(),
    expires_at: Type.String(),
  }),
});
export type InvitationMade = Static<typeof InvitationMade>;

export const InvitationView = Type.Object({
  invitation_id: Type.String(),
  label: Type.String(),
  destination_id: nullable(Type.String()),
  invited_by: Type.String(),
  state: Type.Union([Type.Literal("open"), Type.Literal("used"), Type.Literal("ended")]),
  created_at: Type.String(),
  /** Of the code until it is used, then of the guest's session. */
  expires_at: Type.String(),
  used_at: nullable(Type.String()),
  upload_id: nullable(Type.String()),
});
export type InvitationView = Static<typeof InvitationView>;

export const InvitationList = Type.Object({
  invitations: Type.Array(InvitationView),
  /** What can be asked for as destination_id. */
  destination_ids: Type.Array(Type.String()),
});
export type InvitationList = Static<typeof InvitationList>;

export const Redeem = Type.Object({ upload_token: Type.String({ minLength: 1, maxLength: 256 }) }, closed);

export const GuestSession = Type.Object({
  access_token: Type.String(),
  token_type: Type.Literal("Bearer"),
  expires_in: Type.Integer(),
  expires_at: Type.String(),
  invitation_id: Type.String(),
  invited_by: Type.String(),
  site_name: Type.String(),
  label: Type.String(),
  destination_id: nullable(Type.String()),
  expected: nullable(Order),
});
export type GuestSession = Static<typeof GuestSession>;
