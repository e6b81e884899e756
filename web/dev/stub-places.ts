import type { AdminRoute } from "../../src/contract/admin.ts";
import type { RouteTrial } from "../../src/contract/routing.ts";
import type { PastStudy, TestStep } from "../api/admin.ts";
import { ApiError } from "../api/problem.ts";

const at = "2026-11-21T09:10:00.000Z";

/** As the box says it of a field. */
export const wrongPort = new ApiError("invalid_request", "Some fields are not as they must be.", 422, "7f3a", null, {
  errors: [{ path: "port", message: "must be a whole number from 1 up to 65535, not 0" }],
});

export const inUse = new ApiError("destination_in_use", "Something still names it.", 409, "7f3a", null, {
  used_by: ['the rule "all"', "3 deliveries"],
});

export const passing: readonly TestStep[] = [
  { name: "Name", ok: true, detail: "pacs.north.example is 10.0.0.5" },
  { name: "Port", ok: true, detail: "10.0.0.5 port 443 takes connections" },
];
export const failing: readonly TestStep[] = [
  ...passing,
  {
    name: "Certificate",
    ok: true,
    detail: "TLSv1.3, pacs.north.example by Hospital CA, valid until 2027-03-02, 101 days left, SHA-256 10:17:1E:25",
  },
  {
    name: "Archive refuses the sign-in",
    ok: false,
    detail: "The archive answered 401.",
    fix: "Correct user name and password of this destination.",
  },
];

export const rule = (over: Partial<AdminRoute> = {}): AdminRoute => ({
  route_id: "file-1",
  position: 1,
  name: "urgent CT",
  when: { modality: ["CT", "MR"], service_level: "stat" },
  to: ["north", "archive"],
  provisioned: true,
  changed_at: null,
  changed_by: null,
  ...over,
});
export const added = (n: number, over: Partial<AdminRoute> = {}): AdminRoute =>
  rule({ route_id: `r${n}`, position: n, provisioned: false, changed_at: at, changed_by: "meier", ...over });

export const past: readonly PastStudy[] = [
  {
    upload_id: "8f2k0000-0000-4000-8000-000000000000",
    created_at: at,
    study_instance_uid: "2.25.32985348833281",
    patient_name: "MUSTER^ERIKA",
    patient_id: "P-1001",
    patient_birth_date: "19610204",
    study_date: "20261120",
    study_description: null,
    modalities: ["CT"],
    series_count: 3,
    instance_count: 842,
    state: "delivered",
    service_level: "routine",
    deliveries: [],
  },
];

/** Studies that wait for a person's word. */
export const waiting = (n: number): readonly PastStudy[] =>
  Array.from({ length: n }, (_, index) => ({
    ...(past[0] as PastStudy),
    study_instance_uid: `2.25.77${index}`,
    state: "needs_confirmation" as const,
  }));

const condition = (
  name: "modality" | "service_level" | "institution",
  wanted: string[],
  found: string[] | null,
  matched: boolean | null,
) => ({
  name,
  wanted,
  found,
  matched,
});
export const trial: RouteTrial = {
  rules: [
    {
      name: "urgent CT",
      matched: false,
      why: "",
      to: ["north", "archive"],
      conditions: [
        condition("modality", ["CT", "MR"], ["CT"], true),
        condition("service_level", ["stat"], ["routine"], false),
      ],
    },
    {
      name: "all CT",
      matched: true,
      why: "",
      to: ["north"],
      conditions: [condition("modality", ["CT"], ["CT"], true)],
    },
    {
      name: "south",
      matched: false,
      why: "",
      to: ["archive"],
      conditions: [condition("institution", ["Praxis S*"], null, null)],
    },
  ],
  destinations: ["north"],
  applied: "rules",
  study: {},
  faults: [],
};
