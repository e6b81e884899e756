import type {
  AdminDestination,
  AdminSession,
  AdminSystem,
  AdminUser,
  DestinationTest,
  NewUser,
  UserChange,
} from "../../src/contract/admin.ts";
import type { AdminDeliveryPage } from "../../src/contract/status.ts";
import type { Api } from "./http.ts";

export type ParkedPage = typeof AdminDeliveryPage.static;
export type ParkedDelivery = ParkedPage["deliveries"][number];

/** The administrator's way to people, places and what is stuck. Everything throws ApiError. */
export interface Administration {
  system(): Promise<AdminSystem>;
  destinations(): Promise<readonly AdminDestination[]>;
  test(destinationId: string): Promise<DestinationTest>;
  /** Nothing more is sent there, or again. */
  pause(destinationId: string, on: boolean): Promise<void>;
  /** The oldest of them, and whether there are more. */
  parked(): Promise<ParkedPage>;
  retry(deliveryId: string): Promise<void>;
  redirect(deliveryId: string, destinationId: string): Promise<void>;
  discard(deliveryId: string, reason: string): Promise<void>;
  users(): Promise<readonly AdminUser[]>;
  addUser(user: NewUser): Promise<void>;
  changeUser(id: string, change: UserChange): Promise<void>;
  setPassword(id: string, password: string): Promise<void>;
  resetSecondFactor(id: string): Promise<void>;
  /** Everywhere. */
  signOut(userId: string): Promise<void>;
  sessions(): Promise<readonly AdminSession[]>;
  endSession(id: string): Promise<void>;
}

const below = (folder: string, id: string, deed = "") => `/admin/${folder}/${encodeURIComponent(id)}${deed}`;

export const createAdministration = (api: Api): Administration => ({
  system: () => api.call("GET", "/admin/system"),
  destinations: async () =>
    (await api.call<{ destinations: AdminDestination[] }>("GET", "/admin/destinations")).destinations,
  test: (id) => api.call("POST", below("destinations", id, "/test")),
  pause: (id, on) => api.call("POST", below("destinations", id, on ? "/pause" : "/resume")),
  parked: () => api.call("GET", "/admin/deliveries?state=parked&limit=200"),
  retry: (id) => api.call("POST", below("deliveries", id, "/retry")),
  redirect: (id, destination_id) =>
    api.call("POST", below("deliveries", id, "/redirect"), { body: { destination_id } }),
  discard: (id, reason) => api.call("POST", below("deliveries", id, "/discard"), { body: { reason } }),
  users: async () => (await api.call<{ users: AdminUser[] }>("GET", "/admin/users")).users,
  addUser: (body) => api.call("POST", "/admin/users", { body }),
  changeUser: (id, body) => api.call("PATCH", below("users", id), { body }),
  setPassword: (id, password) => api.call("POST", below("users", id, "/password"), { body: { password } }),
  resetSecondFactor: (id) => api.call("POST", below("users", id, "/reset-totp")),
  signOut: (id) => api.call("DELETE", below("users", id, "/sessions")),
  sessions: async () => (await api.call<{ sessions: AdminSession[] }>("GET", "/admin/sessions")).sessions,
  endSession: (id) => api.call("DELETE", below("sessions", id)),
});
