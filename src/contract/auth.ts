import { type Static, Type } from "@sinclair/typebox";
import { closed, nullable } from "./shapes.ts";

export const Login = Type.Object(
  {
    username: Type.String({ minLength: 1, maxLength: 256 }),
    password: Type.String({ minLength: 1, maxLength: 1024 }),
    totp: Type.Optional(Type.String({ maxLength: 32 })),
    recovery_code: Type.Optional(Type.String({ maxLength: 64 })),
  },
  closed,
);
export type Login = Static<typeof Login>;

export const Setup = Type.Object(
  {
    code: Type.String({ minLength: 1, maxLength: 64 }),
    username: Type.String({ minLength: 1, maxLength: 256 }),
    password: Type.String({ minLength: 1, maxLength: 1024 }),
  },
  closed,
);
export const SetupNeeded = Type.Object({ setup_required: Type.Literal(true) });

export const PasswordChange = Type.Object(
  {
    old_password: Type.String({ minLength: 1, maxLength: 1024 }),
    new_password: Type.String({ minLength: 1, maxLength: 1024 }),
  },
  closed,
);

const totp = Type.String({ minLength: 1, maxLength: 32 });
const recovery = Type.String({ minLength: 1, maxLength: 64 });
export const TotpEnrollment = Type.Object({
  /** Base32, to be typed where a QR code cannot be read. */
  secret: Type.String(),
  otpauth_url: Type.String(),
  qr_svg: Type.String(),
});
export const TotpConfirm = Type.Object({ totp }, closed);
export const TotpConfirmed = Type.Object({
  /** Each signs in once; shown here and never again. */
  recovery_codes: Type.Array(Type.String()),
});
export const TotpDisable = Type.Object(
  {
    password: Type.String({ minLength: 1, maxLength: 1024 }),
    totp: Type.Optional(totp),
    recovery_code: Type.Optional(recovery),
  },
  closed,
);

export const UserView = Type.Object({
  id: Type.String(),
  username: Type.String(),
  role: Type.String(),
});
/** Of the own account. */
export const OwnAccount = Type.Object({ ...UserView.properties, totp_enabled: Type.Boolean() });
export const SignedIn = Type.Object({
  access_token: Type.String(),
  token_type: Type.Literal("Bearer"),
  expires_in: Type.Integer(),
  user: UserView,
  /** Nothing but /auth/* answers before this account has a second factor. */
  totp_enrollment_required: Type.Optional(Type.Literal(true)),
});

/** Every account, for the administrator. */
export const UserList = Type.Object({
  users: Type.Array(
    Type.Object({
      ...UserView.properties,
      created_at: Type.String(),
      disabled_at: nullable(Type.String()),
      totp_enabled: Type.Boolean(),
    }),
  ),
});

export const SessionList = Type.Object({
  sessions: Type.Array(
    Type.Object({
      session_id: Type.String(),
      created_at: Type.String(),
      last_used_at: Type.String(),
      ends_at: Type.String(),
      /** The one that asks. */
      current: Type.Boolean(),
    }),
  ),
});
