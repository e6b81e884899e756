import type { Permission } from "../contract/permissions.ts";

/** What a route asks of its caller. */
export interface Access {
  /** Which token it takes: none, a session's access token, an upload's own, or either of the two. */
  readonly token: "none" | "access" | "upload" | "either";
  /** What the role must allow; which rows a person may touch is decided where the row is known. */
  readonly permission?: Permission | readonly Permission[];
  /** Whether a QR session's guest may use it as well, for its one upload. */
  readonly guest?: true;
}

/** Every route. One that is missing here fails to start (deny by default). */
export const access: Readonly<Record<string, Access>> = {
  "POST /share": { token: "none" },
  "GET /health": { token: "none" },
  "GET /ready": { token: "none" },
  "GET /metrics": { token: "none" },
  "GET /setup": { token: "none" },
  "POST /setup": { token: "none" },
  "GET /docs": { token: "none" },
  "GET /docs/json": { token: "none" },
  "GET /docs/errors": { token: "none" },
  "POST /auth/login": { token: "none" },
  "POST /auth/refresh": { token: "none" },
  "POST /auth/logout": { token: "none" },
  "GET /auth/me": { token: "access" },
  "POST /auth/password": { token: "access" },
  "POST /auth/totp/enroll": { token: "access" },
  "POST /auth/totp/confirm": { token: "access" },
  "POST /auth/totp/disable": { token: "access" },
  "GET /auth/sessions": { token: "access" },
  "DELETE /auth/sessions": { token: "access" },
  "DELETE /auth/sessions/:id": { token: "access" },
  "POST /upload/init": { token: "access", permission: "send", guest: true },
  "PUT /upload/:id/chunk": { token: "upload" },
  "POST /upload/:id/token": { token: "either", guest: true },
  "POST /upload/:id/complete": { token: "upload" },
  "GET /upload/:id/status": { token: "either", guest: true },
  "GET /upload/:id/events": { token: "either", guest: true },
  "DELETE /upload/:id": { token: "either", guest: true },
  "POST /upload/:id/retry": { token: "access", permission: ["send", "administer"], guest: true },
  "POST /upload/:id/accept": { token: "access", permission: ["send", "administer"], guest: true },
  "POST /upload/:id/studies/:study_instance_uid/confirm": {
    token: "either",
    permission: ["send", "administer"],
    guest: true,
  },
  "POST /upload/:id/studies/:study_instance_uid/reject": {
    token: "either",
    permission: ["send", "administer"],
    guest: true,
  },
  "GET /uploads": { token: "access", permission: ["send", "see_all"] },
  "POST /invitations": { token: "access", permission: "invite" },
  "GET /invitations": { token: "access", permission: "invite" },
  "DELETE /invitations/:id": { token: "access", permission: "invite" },
  "POST /invitations/redeem": { token: "none" },
  "GET /receipts/:id": { token: "either", guest: true },
  "GET /admin/audit": { token: "access", permission: "administer" },
  "GET /admin/audit/export": { token: "access", permission: "administer" },
  "GET /admin/users": { token: "access", permission: "administer" },
  "POST /admin/users": { token: "access", permission: "administer" },
  "PATCH /admin/users/:id": { token: "access", permission: "administer" },
  "POST /admin/users/:id/password": { token: "access", permission: "administer" },
  "DELETE /admin/users/:id/sessions": { token: "access", permission: "administer" },
  "GET /admin/sessions": { token: "access", permission: "administer" },
  "DELETE /admin/sessions/:id": { token: "access", permission: "administer" },
  "GET /admin/destinations": { token: "access", permission: "administer" },
  "POST /admin/destinations": { token: "access", permission: "administer" },
  "PUT /admin/destinations/:id": { token: "access", permission: "administer" },
  "DELETE /admin/destinations/:id": { token: "access", permission: "administer" },
  "POST /admin/destinations/:id/pause": { token: "access", permission: "administer" },
  "POST /admin/destinations/:id/resume": { token: "access", permission: "administer" },
  "POST /admin/destinations/:id/test": { token: "access", permission: "administer" },
  "GET /admin/statistics": { token: "access", permission: "administer" },
  "POST /admin/backup": { token: "access", permission: "administer" },
  "GET /admin/events": { token: "access", permission: "administer" },
  "GET /admin/system": { token: "access", permission: "administer" },
  "POST /admin/users/:id/reset-totp": { token: "access", permission: "administer" },
  "GET /admin/deliveries": { token: "access", permission: "administer" },
  "GET /admin/routes": { token: "access", permission: "administer" },
  "POST /admin/routes": { token: "access", permission: "administer" },
  "PUT /admin/routes/order": { token: "access", permission: "administer" },
  "PUT /admin/routes/:route_id": { token: "access", permission: "administer" },
  "DELETE /admin/routes/:route_id": { token: "access", permission: "administer" },
  "POST /admin/routes/try": { token: "access", permission: "administer" },
  "POST /admin/deliveries/:delivery_id/retry": { token: "access", permission: "administer" },
  "POST /admin/deliveries/:delivery_id/redirect": { token: "access", permission: "administer" },
  "POST /admin/deliveries/:delivery_id/discard": { token: "access", permission: "administer" },
};

/** The app and the parts of the documentation page: many files, all public. */
const publicFiles =
  /^GET \/(|index\.html|sw\.js|manifest\.webmanifest|assets\/.+|icons\/.+|docs\/assets\/.+|trust|trust\/.+)$/;
export function accessOf(method: string, route: string): Access | undefined {
  const asked = asGet(method);
  return access[`${asked} ${route}`] ?? (publicFiles.test(`${asked} ${route}`) ? { token: "none" } : undefined);
}
/** HEAD is GET without the body (RFC 9110 9.3.2). */
const asGet = (method: string) => (method === "HEAD" ? "GET" : method);

/** Below these nothing answers without a valid token, whether it exists or not. */
const protectedPrefixes = [
  "/upload",
  "/uploads",
  "/receipts",
  "/invitations",
  "/studies",
  "/notifications",
  "/admin",
  "/auth",
];
const openPaths = new Set(
  Object.entries(access)
    .filter(([, rule]) => rule.token === "none")
    .map(([route]) => route),
);

export function isProtected(method: string, path: string): boolean {
  if (openPaths.has(`${asGet(method)} ${path}`)) return false;
  return protectedPrefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
}
