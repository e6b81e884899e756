import { type Static, Type } from "@sinclair/typebox";
import { type Role as RoleName, roles } from "./permissions.ts";
import { RouteFault } from "./routing.ts";
import { closed, nullable } from "./shapes.ts";
import { BackupState, Clock, Lately, StorageState } from "./system.ts";

/** Wire shapes of what an administrator sees and changes, beside audit and deliveries. */
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

/** Stands for a secret that is there: no answer has the secret itself, and who sends this back keeps it. */
export const KeptSecret = Type.Object({ set: Type.Literal(true) }, closed);
export type KeptSecret = Static<typeof KeptSecret>;

/** A destination as a `[[destination]]` of the configuration file has it, with its `id` and `kind`; checked as one of the file. */
export interface DestinationSettings {
  readonly id: string;
  readonly kind: string;
  readonly [key: string]: unknown;
}
export const DestinationSettings = Type.Unsafe<DestinationSettings>(
  Type.Object({ id: Type.String(), kind: Type.String() }, { additionalProperties: true }),
);

export const AdminDestination = Type.Object({
  destination_id: Type.String(),
  kind: Type.String(),
  /** Where it lies, without anybody's name or password. */
  address: Type.String(),
  default: Type.Boolean(),
  fallback: nullable(Type.String()),
  /** Given by the configuration file: read-only here. */
  provisioned: Type.Boolean(),
  /** What it was given; `{ set: true }` in place of each secret (of `auth`, and the values of `headers`). */
  settings: DestinationSettings,
  /** When and by whom it was added or last changed; null: the configuration file gives it. */
  changed_at: nullable(Time),
  changed_by: nullable(Type.String()),
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

/** What a rule asks of a study: a value or several for each name. */
const Conditions = Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())]));
/** A rule as a `[[route]]` of the configuration file has it; checked as one of the file. */
export const RouteSettings = Type.Object(
  {
    name: Type.String(),
    when: Type.Optional(Conditions),
    to: Type.Array(Type.String()),
  },
  closed,
);
export type RouteSettings = Static<typeof RouteSettings>;
export const AdminRoute = Type.Object({
  route_id: Type.String(),
  /** From 1, in the order in which they are asked: those of the configuration file first. */
  position: Type.Integer(),
  name: Type.String(),
  when: Conditions,
  to: Type.Array(Type.String()),
  /** Given by the configuration file: read-only here. */
  provisioned: Type.Boolean(),
  changed_at: nullable(Time),
  changed_by: nullable(Type.String()),
});
export type AdminRoute = Static<typeof AdminRoute>;
/** Every rule, and those among them that never decide anything. */
export const AdminRouteList = Type.Object({ routes: Type.Array(AdminRoute), faults: Type.Array(RouteFault) });
export type AdminRouteList = Static<typeof AdminRouteList>;
/** Every rule that was added, each once, in the order that is wanted. */
export const RouteOrder = Type.Object({ route_ids: Type.Array(Type.String()) }, closed);
export type RouteOrder = Static<typeof RouteOrder>;

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
  /** The rules, in the order in which they are asked. */
  routes: Type.Array(Type.Object({ name: Type.String(), to: Type.Array(Type.String()) })),
  storage: StorageState,
  backup: BackupState,
  lately: Lately,
  clock: Clock,
});
export type AdminSystem = Static<typeof AdminSystem>;
