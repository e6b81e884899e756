/** CONTRACT §3: who may do what. The one table guards and screens read; what is not in it is denied. */
export const roles = ["clinician", "radiographer", "radiologist", "admin"] as const;
export type Role = (typeof roles)[number];

export const permissions = {
  /** upload, see, retry, cancel own */
  send: ["clinician", "radiographer", "admin"],
  see_all: ["radiologist", "admin"],
  invite: ["radiographer", "admin"],
  /** give images another patient than they came with, in own uploads (admin: in any) */
  correct: ["radiographer", "admin"],
  report: ["radiologist", "admin"],
  /** retry, redirect, discard any; users, destinations, rules, audit, system */
  administer: ["admin"],
} as const satisfies Record<string, readonly Role[]>;
export type Permission = keyof typeof permissions;

export const may = (role: Role, permission: Permission): boolean =>
  (permissions[permission] as readonly Role[]).includes(role);
