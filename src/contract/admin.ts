import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { type Role as RoleName, roles } from "./permissions.ts";

/** Wire shapes of what an administrator sees and changes, beside audit and deliveries. */
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const closed = { additionalProperties: false } as const;
const Time = Type.String({ format: "date-time" });
const Role = Type.Unsafe<RoleName>(Type.Union(roles.map((role) => Type.Literal(role))));
const Password = Type.String({ minLength: 1, maxLength: 1024 });

export const AdminUser = Type.Object({
  id: Type.String(),
  username: Type.String(),
  role: Role,
  created_at: Type.String(),
  disabled_at: nullable(Type.String()),
  totp_enabled: Type.Boolean(),
});
export type AdminUser = Static<typeof AdminUser>;
export const NewUser = Type.Object(
  { username: Type.String({ minLength: 1, maxLength: 64 }), role: Role, password: Password },
  closed,
);
export type NewUser = Static<typeof NewUser>;
export const UserChange = Type.Object(
  { role: Type.Optional(Role), disabled: Type.Optional(Type.Boolean()) },
  { ...closed, minProperties: 1 },
);
export type UserChange = Static<typeof UserChange>;
export const NewPassword = Type.Object({ password: Password }, closed);

/** Every live sign-in. */
export const AdminSessionList = Type.Object({
  sessions: Type.Array(
    Type.Object({
      session_id: Type.String(),
      user_id: Type.String(),
      username: Type.String(),
      role: Role,
      created_at: Time,
      last_used_at: Time,
      ends_at: Time,
      current: Type.Boolean(),
    }),
  ),
});
export type AdminSession = Static<typeof AdminSessionList>["sessions"][number];

export const AdminDestination = Type.Object({
  destination_id: Type.String(),
  kind: Type.String(),
  /** Where it lies, without anybody's name or password. */
  address: Type.String(),
  default: Type.Boolean(),
  fallback: nullable(Type.String()),
  /** Given by the configuration file: read-only here. */
  provisioned: Type.Literal(true),
  state: Type.Union([Type.Literal("up"), Type.Literal("down"), Type.Literal("paused")]),
  /** Nothing is sent there because an administrator said so. */
  paused_since: nullable(Time),
  /** Why it is down. */
  error: nullable(Type.Object({ code: Type.String(), message: Type.String() })),
  waiting: Type.Integer(),
  parked: Type.Integer(),
  last_delivered_at: nullable(Time),
});
export type AdminDestination = Static<typeof AdminDestination>;
export const AdminDestinationList = Type.Object({ destinations: Type.Array(AdminDestination) });

/** A live check, step by step. */
export const DestinationTest = Type.Object({
  destination_id: Type.String(),
  ok: Type.Boolean(),
  steps: Type.Array(
    Type.Object({
      name: Type.String(),
      ok: Type.Boolean(),
      detail: Type.String(),
      fix: Type.Optional(Type.String()),
    }),
  ),
});
export type DestinationTest = Static<typeof DestinationTest>;

/** How the box stands. */
export const AdminSystem = Type.Object({
  version: Type.String(),
  site_name: Type.String(),
  tls: Type.Object({
    mode: Type.Union([Type.Literal("auto"), Type.Literal("files"), Type.Literal("off")]),
    behind_proxy: Type.Boolean(),
    /** SHA-256 of what devices compare: the box's authority, or the certificate of the files; in hex pairs. */
    fingerprint: nullable(Type.String()),
    valid_until: nullable(Time),
  }),
  disk: Type.Object({ free_bytes: Type.Integer(), kept_bytes: Type.Integer() }),
  uploads: Type.Object({
    receiving: Type.Integer(),
    processing: Type.Integer(),
    needs_confirmation: Type.Integer(),
  }),
  deliveries: Type.Object({
    waiting: Type.Integer(),
    parked: Type.Integer(),
    oldest_waiting_at: nullable(Time),
  }),
  destinations: Type.Object({ total: Type.Integer(), down: Type.Integer() }),
  /** The rules, in the order of the file. */
  routes: Type.Array(Type.Object({ name: Type.String(), to: Type.Array(Type.String()) })),
});
export type AdminSystem = Static<typeof AdminSystem>;
