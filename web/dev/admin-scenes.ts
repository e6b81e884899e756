import { wholeAudit } from "./audit-scenes.ts";
import type { Scene } from "./scenes.ts";
import { type AdminView, destination, parked, system, usualView } from "./stub-admin.ts";
import { added, passing, rule, waiting } from "./stub-places.ts";
import { emptied, madeStatistics } from "./stub-statistics.ts";

const scene = (section: string, over: Partial<AdminView> = {}): Scene => ({
  hash: `#/admin/${section}`,
  audit: wholeAudit,
  admin: { ...usualView, ...over },
});
const stuck = [
  parked(1),
  parked(2),
  parked(3, { destination_id: "archive", error: { code: "instance_conflict", message: "Another object is there." } }),
];
const down = destination({
  state: "down",
  error: { code: "destination_timeout", message: "The archive took too long to answer." },
  parked: 2,
  fallback: "archive",
});
/** Added on the screens. */
const own = destination({
  destination_id: "reading-centre",
  provisioned: false,
  default: false,
  changed_at: "2026-11-21T09:10:00.000Z",
  changed_by: "meier",
  settings: {
    id: "reading-centre",
    kind: "stow-rs",
    url: "https://pacs.north.example/dicom-web",
    auth: { type: "basic", username: "relay", password: { set: true } },
  },
});
const plain = { mode: "off", behind_proxy: false, fingerprint: null, valid_until: null } as const;

const trouble = system({
  tls: { ...system().tls, valid_until: new Date(Date.now() + 5 * 86_400_000).toISOString() },
  disk: { free_bytes: 900_000_000, kept_bytes: 1_073_741_824 },
  storage: { ...system().storage, bytes_per_day: 12_400_000_000, days_left: 0 },
  backup: { ...system().backup, failed_at: new Date().toISOString() },
  lately: { failed_today: 2, success_rate: 0.871, median_seconds_to_archive: 1620 },
  clock: { now: new Date(Date.now() + 7_200_000).toISOString(), zone: "UTC" },
  uploads: { receiving: 3, processing: 1, needs_confirmation: 2 },
  deliveries: { waiting: 17, parked: 3, oldest_waiting_at: "2026-11-21T09:10:00.000Z" },
  destinations: { total: 2, down: 1 },
});

export const adminScenes: Readonly<Record<string, Scene>> = {
  "admin-overview": scene("overview"),
  "admin-trouble": scene("overview", { system: trouble, statistics: (by) => emptied(madeStatistics(by)) }),
  "admin-storage": scene("storage"),
  "admin-storage-trouble": scene("storage", { system: trouble }),
  "admin-parked": scene("parked", { parked: stuck }),
  "admin-parked-none": scene("parked"),
  "admin-waiting": scene("parked", { waiting: waiting(2) }),
  "admin-destinations": scene("destinations", {
    destinations: [
      down,
      destination({ destination_id: "archive", state: "paused", paused_since: "2026-11-21T09:10:00.000Z" }),
      own,
    ],
  }),
  "admin-destinations-tested": scene("destinations", { destinations: [own], steps: passing }),
  "admin-destinations-none": scene("destinations", { destinations: [] }),
  "admin-routing": scene("routing", {
    rules: {
      routes: [
        rule(),
        added(2, {
          name: "Stroke, at night",
          when: { description: "*stroke*", time: "22:00-06:00", institution: "Praxis Sonnenberg*" },
          to: ["north"],
        }),
        added(3, { name: "South", when: { ae_title: "A-TITLE-THAT-IS-TOO-LONG" }, to: ["archive"] }),
        added(4, { name: "all", when: {}, to: ["archive"] }),
      ],
      faults: [{ rule: "South", position: 3, code: "never_matches", message: "", condition: "ae_title" }],
    },
  }),
  "admin-routing-none": scene("routing", { rules: { routes: [], faults: [] } }),
  "admin-users": scene("users"),
  "admin-sessions": scene("sessions"),
  "sign-in-not-set-up": { hash: "#/sign-in", out: true, signIn: { kind: "setup_required" } },
  "admin-setup": scene("setup"),
  "admin-setup-plain": scene("setup", {
    system: system({ tls: plain, destinations: { total: 0, down: 0 }, routes: [] }),
    destinations: [],
  }),
};
