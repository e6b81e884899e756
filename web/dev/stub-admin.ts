import type { AdminDestination, AdminRouteList, AdminSystem, AdminUser } from "../../src/contract/admin.ts";
import type { News } from "../../src/contract/news.ts";
import type { Statistics } from "../../src/contract/statistics.ts";

import type { Administration, ParkedDelivery, PastStudy, StatisticsUnit, TestStep } from "../api/admin.ts";
import { failing, inUse, passing, past, rule, trial, wrongPort } from "./stub-places.ts";
import { madeStatistics } from "./stub-statistics.ts";

/** What the box answers an administrator in a scene. */
export interface AdminView {
  readonly system: AdminSystem;
  readonly destinations: readonly AdminDestination[];
  readonly rules: AdminRouteList;
  /** A test that goes no further than these. */
  readonly steps?: readonly TestStep[];
  readonly parked: readonly ParkedDelivery[];
  readonly waiting?: readonly PastStudy[];
  readonly users: readonly AdminUser[];
  readonly statistics: (by: StatisticsUnit) => Statistics;
}
declare global {
  /** Has the box tell that something changed. */
  var hear: ((news: Partial<News>, change?: (view: AdminView) => AdminView) => void) | undefined;
}
const at = "2026-11-21T09:10:00.000Z";

export const destination = (over: Partial<AdminDestination> = {}): AdminDestination => ({
  destination_id: "north",
  kind: "stow-rs",
  address: "https://pacs.north.example/dicom-web",
  default: true,
  fallback: null,
  provisioned: true,
  settings: { id: "north", kind: "stow-rs", url: "https://pacs.north.example/dicom-web" },
  changed_at: null,
  changed_by: null,
  state: "up",
  paused_since: null,
  error: null,
  waiting: 2,
  parked: 0,
  last_delivered_at: at,
  ...over,
});
export const system = (over: Partial<AdminSystem> = {}): AdminSystem => ({
  version: "0.1.0",
  site_name: "North Clinic",
  tls: {
    mode: "auto",
    behind_proxy: false,
    fingerprint: Array.from({ length: 32 }, (_, n) => (n * 7 + 16).toString(16).toUpperCase().padStart(2, "0")).join(
      ":",
    ),
    valid_until: new Date(Date.now() + 300 * 86_400_000).toISOString(),
  },
  disk: { free_bytes: 412_000_000_000, kept_bytes: 1_073_741_824 },
  uploads: { receiving: 1, processing: 0, needs_confirmation: 0 },
  deliveries: { waiting: 0, parked: 0, oldest_waiting_at: null },
  destinations: { total: 2, down: 0 },
  storage: { spool_bytes: 3_800_000_000, uploads: 4, oldest_at: at, bytes_per_day: 12_400_000_000, days_left: 33.2 },
  backup: {
    last_at: new Date(Date.now() - 5 * 3_600_000).toISOString(),
    failed_at: null,
    running: false,
    every_hours: 24,
  },
  lately: { failed_today: 0, success_rate: 0.993, median_seconds_to_archive: 148 },
  clock: { now: new Date().toISOString(), zone: "Europe/Zurich" },
  routes: [{ name: "urgent CT", to: ["north", "archive"] }],
  ...over,
});
export const user = (over: Partial<AdminUser> = {}): AdminUser => ({
  id: "u2",
  username: "weber",
  role: "radiographer",
  created_at: at,
  disabled_at: null,
  totp_enabled: true,
  ...over,
});
export const parked = (n: number, over: Partial<ParkedDelivery> = {}): ParkedDelivery => ({
  delivery_id: `77aa0000-0000-4000-8000-00000000000${n}`,
  destination_id: "north",
  via: null,
  state: "parked",
  delivered_instances: 0,
  total_instances: 842,
  attempts: 4,
  next_attempt_at: null,
  receipt_id: null,
  error: { code: "destination_auth_failed", message: "The archive does not accept the configured sign-in." },
  upload_id: "8f2k0000-0000-4000-8000-000000000000",
  study_instance_uid: `2.25.3298534883328${n}`,
  service_level: n === 1 ? "stat" : "routine",
  created_at: at,
  updated_at: at,
  ...over,
});

export const usualView: AdminView = {
  statistics: madeStatistics,
  system: system(),
  destinations: [
    destination(),
    destination({ destination_id: "archive", kind: "folder", address: "received", default: false, waiting: 0 }),
  ],
  rules: { routes: [rule()], faults: [] },
  parked: [],
  users: [
    user(),
    user({ id: "u", username: "meier", role: "admin" }),
    user({ id: "u3", username: "anna.lindqvist-bergstroem", role: "clinician", disabled_at: at, totp_enabled: false }),
  ],
};

/** Answers what it is given, and tells what it was asked to change. */
export function stubAdmin(initial: AdminView, asked: string[]): Administration {
  let view = initial;
  let removed = "";
  const told = (words: string) => {
    asked.push(words);
    return Promise.resolve();
  };
  return {
    system: () => Promise.resolve(view.system),
    statistics: (_, by) => Promise.resolve(view.statistics(by)),
    backUp: () => told("back up"),
    watch: (heard, signal) => {
      globalThis.hear = (news, change = (it) => it) => {
        view = change(view);
        if (Object.keys(news).length > 0)
          heard({ uploads: 0, deliveries: 0, destinations: 0, accounts: 0, box: 0, ...news });
      };
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve("")));
    },
    destinations: () => Promise.resolve(view.destinations),
    addDestination: (settings) =>
      settings.port === 0 ? Promise.reject(wrongPort) : told(`add ${JSON.stringify(settings)}`),
    changeDestination: (id, settings) => told(`change ${id} ${JSON.stringify(settings)}`),
    removeDestination: (id) => (view.steps === undefined ? told(`remove ${id}`) : Promise.reject(inUse)),
    test: (id, store, onStep) => {
      asked.push(`test ${id}${store ? " with a picture" : ""}`);
      for (const step of view.steps ?? (id === "north" ? failing : passing)) onStep(step);
      return view.steps === undefined ? Promise.resolve(id !== "north") : new Promise(() => undefined);
    },
    failures: () => Promise.resolve(new Map([["north", 0.034]])),
    routes: () => Promise.resolve({ ...view.rules, routes: view.rules.routes.filter((it) => it.route_id !== removed) }),
    addRoute: (rule) => told(`add ${JSON.stringify(rule)}`),
    changeRoute: (id, rule) => told(`change ${id} ${JSON.stringify(rule)}`),
    removeRoute: (id) => {
      removed = id;
      return told(`remove ${id}`);
    },
    orderRoutes: (ids) => told(`order ${ids.join(" ")}`),
    tryRoutes: (question) => {
      asked.push(`try ${JSON.stringify(question)}`);
      return Promise.resolve(trial);
    },
    pastStudies: () => Promise.resolve(past),
    waitingStudies: () => Promise.resolve(view.waiting ?? []),
    confirmStudy: (_, uid, body) => told(`confirm ${uid} ${JSON.stringify(body)}`),
    rejectStudy: (_, uid, reason) => told(`reject ${uid} ${reason}`),
    pause: (id, on) => told(`${on ? "pause" : "resume"} ${id}`),
    parked: () => Promise.resolve({ deliveries: [...view.parked], next_cursor: null }),
    retry: (id) => told(`retry ${id.slice(-1)}`),
    redirect: (id, to) => told(`redirect ${id.slice(-1)} ${to}`),
    discard: (id, reason) => told(`discard ${id.slice(-1)} ${reason}`),
    users: () => Promise.resolve(view.users),
    addUser: ({ username, role }) => told(`add ${username} ${role}`),
    changeUser: (id, change) => told(`change ${id} ${JSON.stringify(change)}`),
    setPassword: (id) => told(`password ${id}`),
    resetSecondFactor: (id) => told(`reset ${id}`),
    signOut: (id) => told(`sign out ${id}`),
    sessions: () =>
      Promise.resolve(
        ["here", "there", "elsewhere"].map((session_id, n) => ({
          session_id,
          user_id: n === 0 ? "u" : "u2",
          username: n === 0 ? "meier" : "weber",
          role: n === 0 ? ("admin" as const) : ("radiographer" as const),
          created_at: at,
          last_used_at: at,
          ends_at: at,
          current: n === 0,
        })),
      ),
    endSession: (id) => told(`end ${id}`),
  };
}
