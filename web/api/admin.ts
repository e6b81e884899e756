import type {
  AdminDestination,
  AdminRouteList,
  AdminSession,
  AdminSystem,
  AdminUser,
  DestinationSettings,
  DestinationTest,
  NewUser,
  RouteSettings,
  UserChange,
} from "../../src/contract/admin.ts";
import type { News } from "../../src/contract/news.ts";
import type { RouteQuestion, RouteTrial } from "../../src/contract/routing.ts";
import type { Statistics } from "../../src/contract/statistics.ts";
import type { AdminDeliveryPage, UploadPage } from "../../src/contract/status.ts";
import type { ConfirmStudy } from "../../src/contract/upload.ts";
import { readEvents } from "./event-feed.ts";
import type { Api } from "./http.ts";
import { linesOf } from "./lines.ts";
import { ApiError } from "./problem.ts";
import { confirmStudy, rejectStudy } from "./uploads.ts";

export type TestStep = DestinationTest["steps"][number];
export type PastStudy = (typeof UploadPage.static)["uploads"][number]["studies"][number] & {
  readonly upload_id: string;
  readonly created_at: string;
};
export type ParkedPage = typeof AdminDeliveryPage.static;
export type ParkedDelivery = ParkedPage["deliveries"][number];

/** How the time between is divided. */
export type StatisticsUnit = "day" | "hour";

/** The administrator's way to people, places and what is stuck. Everything throws ApiError. */
export interface Administration {
  system(): Promise<AdminSystem>;
  statistics(from: Date, by: StatisticsUnit): Promise<Statistics>;
  /** Has the box copy itself. */
  backUp(): Promise<void>;
  /** Tells what has changed, at once and as it changes, until the stream ends or is quiet for too long. @throws ApiError */
  watch(heard: (news: News) => void, signal: AbortSignal): Promise<unknown>;
  destinations(): Promise<readonly AdminDestination[]>;
  addDestination(settings: DestinationSettings): Promise<void>;
  /** The whole of it; `{ set: true }` in place of a secret keeps that. */
  changeDestination(id: string, settings: DestinationSettings): Promise<void>;
  removeDestination(id: string): Promise<void>;
  /**
   * A live check; each step is told as soon as it is known.
   * @param store sends a marked test image there
   * @returns whether all of it went well
   */
  test(destinationId: string, store: boolean, onStep: (step: TestStep) => void): Promise<boolean>;
  /** Nothing more is sent there, or again. */
  pause(destinationId: string, on: boolean): Promise<void>;
  /** Share of the tries of the last seven days that failed, by destination, 0 to 1; none where nothing was tried. */
  failures(): Promise<ReadonlyMap<string, number>>;
  routes(): Promise<AdminRouteList>;
  addRoute(route: RouteSettings): Promise<void>;
  changeRoute(id: string, route: RouteSettings): Promise<void>;
  removeRoute(id: string): Promise<void>;
  /** Every rule that was added here, in the order that is wanted. */
  orderRoutes(ids: readonly string[]): Promise<void>;
  tryRoutes(question: RouteQuestion): Promise<RouteTrial>;
  /** The newest studies that the box knows, whoever sent them. */
  pastStudies(): Promise<readonly PastStudy[]>;
  /** Those of anybody that wait for a person's word. */
  waitingStudies(): Promise<readonly PastStudy[]>;
  confirmStudy(uploadId: string, studyInstanceUID: string, body: ConfirmStudy): Promise<void>;
  rejectStudy(uploadId: string, studyInstanceUID: string, reason: string): Promise<void>;
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

/** The box gives up on a test image after two minutes. */
const testMs = 150_000;

/** The stream ends with its token at the latest; then it is opened anew. */
const longestWatchMs = 86_400_000;
const below = (folder: string, id: string, deed = "") => `/admin/${folder}/${encodeURIComponent(id)}${deed}`;

async function studiesOf(api: Api, which: string): Promise<readonly PastStudy[]> {
  const { uploads } = await api.call<typeof UploadPage.static>("GET", `/uploads?limit=50${which}`);
  return uploads.flatMap(({ upload_id, created_at, studies }) =>
    studies.map((study) => ({ ...study, upload_id, created_at })),
  );
}

export const createAdministration = (api: Api): Administration => ({
  system: () => api.call("GET", "/admin/system"),
  statistics: (from, by) => api.call("GET", `/admin/statistics?from=${from.toISOString()}&by=${by}`),
  backUp: () => api.call("POST", "/admin/backup"),
  watch: (heard, signal) =>
    api.call("GET", "/admin/events", {
      signal,
      text: true,
      read: (answer) => readEvents(answer, (data) => heard(JSON.parse(data) as News)),
      patienceMs: longestWatchMs,
    }),
  destinations: async () =>
    (await api.call<{ destinations: AdminDestination[] }>("GET", "/admin/destinations")).destinations,
  addDestination: (body) => api.call("POST", "/admin/destinations", { body }),
  changeDestination: (id, body) => api.call("PUT", below("destinations", id), { body }),
  removeDestination: (id) => api.call("DELETE", below("destinations", id)),
  test: async (id, store, onStep) => {
    let ok: boolean | undefined;
    const take = (line: string) => {
      const said = JSON.parse(line) as TestStep & { destination_id?: string };
      if (said.destination_id === undefined) onStep(said);
      else ok = said.ok;
    };
    await api.call("POST", `${below("destinations", id, "/test")}${store ? "?store=true" : ""}`, {
      headers: { accept: "application/jsonl" },
      text: true,
      read: (answer) => linesOf(answer, take),
      patienceMs: testMs,
    });
    // a stream that was cut has no last line
    if (ok === undefined) throw new ApiError("network", "The answer was cut short.", 0);
    return ok;
  },
  pause: (id, on) => api.call("POST", below("destinations", id, on ? "/pause" : "/resume")),
  failures: async () => {
    const from = new Date(Date.now() - 7 * 86_400_000).toISOString().slice(0, 10);
    const { destinations } = await api.call<Statistics>("GET", `/admin/statistics?from=${from}`);
    return new Map(
      destinations.map(({ destination_id, deliveries, retries, parked }) => [
        destination_id,
        (retries + parked) / Math.max(1, deliveries + retries),
      ]),
    );
  },
  routes: () => api.call("GET", "/admin/routes"),
  addRoute: (body) => api.call("POST", "/admin/routes", { body }),
  changeRoute: (id, body) => api.call("PUT", below("routes", id), { body }),
  removeRoute: (id) => api.call("DELETE", below("routes", id)),
  orderRoutes: (route_ids) => api.call("PUT", "/admin/routes/order", { body: { route_ids } }),
  tryRoutes: (body) => api.call("POST", "/admin/routes/try", { body }),
  pastStudies: () => studiesOf(api, ""),
  waitingStudies: async () =>
    (await studiesOf(api, "&state=needs_confirmation")).filter(({ state }) => state === "needs_confirmation"),
  confirmStudy: (id, uid, body) => confirmStudy(api, id, uid, body).then(() => undefined),
  rejectStudy: (id, uid, reason) => rejectStudy(api, id, uid, reason).then(() => undefined),
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
