import { type Static, Type } from "@sinclair/typebox";

const closed = { additionalProperties: false } as const;

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

export const PasswordChange = Type.Object(
  {
    old_password: Type.String({ minLength: 1, maxLength: 1024 }),
    new_password: Type.String({ minLength: 1, maxLength: 1024 }),
  },
  closed,
);

export const UserView = Type.Object({ id: Type.String(), username: Type.String(), role: Type.String() });
export const SignedIn = Type.Object({
  access_token: Type.String(),
  token_type: Type.Literal("Bearer"),
  expires_in: Type.Integer(),
  user: UserView,
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
