import type { Role } from "../../src/contract/permissions.ts";
import type { AuditPage } from "../api/audit.ts";
import type { App, SignInOutcome } from "../core/app.ts";
import { Choice } from "../core/app.ts";
import type { WaitCause } from "../queue/types.ts";
import { adminScenes } from "./admin-scenes.ts";
import { brokenAudit, stubAudit, wholeAudit } from "./audit-scenes.ts";
import { type DeviceUse, deviceScenes, useDevice } from "./device-scenes.ts";
import { inviteScenes, type Scenery, stubInviting } from "./invite-scenes.ts";
import { receiptScenes, stubReceipts } from "./receipt-scenes.ts";
import { stubAccount } from "./stub-account.ts";
import { type AdminView, stubAdmin, usualView } from "./stub-admin.ts";
import { delivery, draft, madeAt, photo, queued, type Stub, status, stubQueue } from "./stub-queue.ts";
import { stubSession } from "./stub-session.ts";
import { stubUploads } from "./stub-uploads.ts";

/** Every screen in every state: what the screens test looks at. */
export interface Scene {
  readonly hash: string;
  /** Nobody is signed in. */
  readonly out?: boolean;
  /** Whoever is signed in has to set up the second factor first. */
  readonly mustEnroll?: boolean;
  /** How signing in ends. */
  readonly signIn?: SignInOutcome;
  /** QR sessions and their guest. */
  readonly scenery?: Scenery;
  /** Where it is not a radiographer. */
  readonly role?: Role;
  /** An administrator, and what the audit answers. */
  readonly audit?: AuditPage;
  /** What the box tells its administrator. */
  readonly admin?: AdminView;
  /** Whose device it is; without: this person's alone. */
  readonly device?: DeviceUse;
  prepare?(queue: Stub, app: App): void;
}
const offline = { state: "offline", bitsPerSecond: null } as const;
const error = (code: string, message: string) => ({ code, message, requestId: "7f3a" });
const study = (over: Parameters<typeof queued>[0]): Scene => ({
  hash: "#/progress",
  prepare: (queue) => queue.set([queued(over)]),
});
const waits = (cause: WaitCause): Scene =>
  study({ state: "waiting", cause, nextTryAt: cause === "retry" ? Date.now() + 40_000 : null });
const needs = (cause: WaitCause): Scene =>
  study({ state: "needs_you", cause, error: error("x", "The hospital box says why.") });
const confirming = (...drafts: Parameters<typeof draft>[0][]): Scene => ({
  hash: "#/confirm",
  prepare: (_, app) =>
    app.choice.take({
      studies: drafts.map((over, index) => draft({ id: `d${index}`, ...over })),
      leftOut: 0,
      unreadable: [],
    }),
});
const done = (state: "delivered" | "partial" | "failed" | "cancelled" | "expired", over = {}) =>
  study({
    state: "done",
    finishedAt: Date.now(),
    status: status(
      state,
      [
        delivery({
          state: state === "delivered" ? "delivered" : "partial",
          delivered_instances: state === "delivered" ? 842 : 839,
        }),
      ],
      {
        pacs_receipt_id: state === "delivered" ? "8f2k0000-0000-4000-8000-000000000000" : null,
        ...over,
      },
    ),
  });

export const scenes: Readonly<Record<string, Scene>> = {
  "sign-in": { hash: "#/send", out: true },
  "sign-in-queue": { hash: "#/send", out: true, prepare: (queue) => queue.set([queued(), queued({ id: "two" })]) },
  "upload-empty": { hash: "#/send" },
  "upload-offline": { hash: "#/send", prepare: (queue) => queue.set([], offline) },
  "upload-unfinished": {
    hash: "#/send",
    prepare: (queue) => queue.set([queued()], { state: "slow", bitsPerSecond: 400_000 }),
  },
  "upload-found": {
    hash: "#/send?shared",
    prepare: (queue, app) => {
      queue.found = {
        studies: [
          draft(),
          draft({ id: "d2", patientName: "BEISPIEL^JAN", patientID: "P-7", imageCount: 24, seriesCount: 1 }),
          draft({ id: "d3", kind: "archive", patientName: "", imageCount: 0, archives: ["CD-from-radiology.rar"] }),
        ],
        leftOut: 12,
        unreadable: ["CD/DICOM/IM4", "CD/DICOM/IM7"],
      };
      app.choice.waiting = [photo("1.png")];
    },
  },
  "upload-nothing": {
    hash: "#/send?shared",
    prepare: (queue, app) => {
      queue.found = { studies: [], leftOut: 3, unreadable: [] };
      app.choice.waiting = [{ ...photo("1.png"), name: "CD.zip" }];
    },
  },
  "upload-scanning": {
    hash: "#/send?shared",
    prepare: (queue, app) => {
      queue.scan = (_, progress) => {
        progress(310, 842);
        return new Promise(() => undefined);
      };
      app.choice.waiting = [photo("1.png")];
    },
  },
  "upload-again": {
    hash: "#/send/one",
    prepare: (queue) => queue.set([queued({ state: "needs_you", cause: "files_gone" })]),
  },
  confirm: confirming({}),
  "confirm-several": confirming({}, { patientName: "BEISPIEL^JAN", patientID: "P-7" }, {}),
  "confirm-checks": confirming({
    patientID: "",
    patientBirthDate: "20991231",
    studyDate: "20200101",
    warnings: ["patient_missing"],
  }),
  "confirm-archive": confirming({
    kind: "archive",
    studyInstanceUID: "",
    patientName: "",
    imageCount: 0,
    archives: ["CD.rar"],
  }),
  "confirm-locked": confirming({
    kind: "archive",
    studyInstanceUID: "",
    patientName: "",
    imageCount: 0,
    archives: ["CD.zip"],
    warnings: ["archive_encrypted"],
  }),
  "confirm-pictures": confirming({
    kind: "pictures",
    files: [photo("1.png"), photo("2.png")],
    studyInstanceUID: "",
    patientName: "",
    patientID: "",
    patientBirthDate: "",
    imageCount: 2,
  }),
  "confirm-archive-mixed": confirming({
    kind: "archive",
    studyInstanceUID: "",
    archives: ["CD.zip"],
    warnings: ["several_patients"],
    parts: [
      {
        patientName: "MUSTER^ERIKA",
        patientID: "P-1001",
        patientBirthDate: "19610204",
        studyDate: "20261120",
        modality: "CT",
        imageCount: 841,
      },
      {
        patientName: "BEISPIEL^JAN",
        patientID: "P-7",
        patientBirthDate: "19840909",
        studyDate: "20261119",
        modality: "MR",
        imageCount: 1,
      },
    ],
  }),
  "confirm-duplicate": {
    hash: "#/confirm",
    prepare: (queue, app) => {
      queue.before = { at: madeAt, imageCount: 842 };
      app.choice.take({ studies: [draft()], leftOut: 0, unreadable: [] });
    },
  },
  "confirm-asked": {
    hash: "#/confirm/one",
    prepare: (queue) =>
      queue.set([queued({ state: "needs_you", cause: "confirmation", status: status("needs_confirmation", []) })]),
  },
  "confirm-nothing": { hash: "#/confirm" },
  "progress-empty": { hash: "#/progress" },
  saving: study({ state: "saving", savedBytes: 300_000_000, sentBytes: 0 }),
  offline: {
    hash: "#/progress",
    prepare: (queue) => queue.set([queued({ state: "waiting", cause: "offline" })], offline),
  },
  retry: waits("retry"),
  turn: waits("turn"),
  urgent: waits("urgent_first"),
  "other-tab": waits("other_tab"),
  "box-busy": waits("box_busy"),
  "box-full": waits("box_full"),
  uploading: study({ serviceLevel: "stat" }),
  slow: study({ eta: 7200, rate: 50_000, kept: false }),
  "partly-there": study({ alreadyThere: 300 }),
  paused: study({ state: "paused" }),
  processing: study({ state: "at_box", sentBytes: 1_200_000_000, status: status("processing", []) }),
  forwarding: study({
    state: "at_box",
    status: status("forwarding", [
      delivery(),
      delivery({
        delivery_id: "e",
        destination_id: "legacy",
        state: "retrying",
        next_attempt_at: "2026-11-21T14:10:00Z",
        error: error("destination_timeout", "The archive took too long to answer."),
      }),
    ]),
  }),
  parked: study({
    state: "needs_you",
    cause: "refused",
    status: status("needs_attention", [
      delivery({
        state: "parked",
        error: error("destination_auth_failed", "The archive does not accept the configured sign-in."),
      }),
    ]),
  }),
  "signed-out": needs("signed_out"),
  "files-gone": needs("files_gone"),
  confirmation: needs("confirmation"),
  refused: needs("refused"),
  failed: study({ state: "failed", error: error("upload_too_large", "The upload is larger than this box takes.") }),
  delivered: done("delivered"),
  partial: done("partial", {
    warnings: [{ code: "dicom_truncated", message: "The file ends before its data does.", file_name: "CD/IM3" }],
  }),
  "box-failed": done("failed"),
  cancelled: done("cancelled"),
  expired: done("expired"),
  "all-studies": { hash: "#/send", role: "radiologist" },
  "activity-empty": { hash: "#/activity" },
  activity: {
    hash: "#/activity",
    prepare: (queue) =>
      queue.set([
        queued(),
        queued({ id: "two", state: "needs_you", cause: "signed_out" }),
        queued({ id: "three", state: "done", status: status("delivered", []) }),
      ]),
  },
  more: { hash: "#/more" },
  ...inviteScenes,
  "more-admin": { hash: "#/more", audit: wholeAudit },
  audit: { hash: "#/admin-audit", audit: wholeAudit },
  "audit-broken": { hash: "#/admin-audit", audit: brokenAudit },
  ...deviceScenes,
  ...receiptScenes,
  ...adminScenes,
  account: { hash: "#/account" },
  enroll: { hash: "#/enroll" },
  "enroll-first": { hash: "#/send", mustEnroll: true },
  setup: { hash: "#/setup", out: true },
};

/** The app of a scene. */
export function stage(scene: Scene): { app: App; queue: Stub } {
  const queue = stubQueue();
  useDevice(scene.device ?? "mine");
  const app: App = {
    queue,
    audit: stubAudit(scene.audit ?? wholeAudit, queue.asked),
    admin: stubAdmin(scene.admin ?? usualView, queue.asked),
    session: stubSession(scene),
    inviting: stubInviting(scene.scenery ?? {}),
    account: stubAccount(),
    receipts: stubReceipts,
    allUploads: stubUploads(queue.asked),
    choice: new Choice(),
  };
  scene.prepare?.(queue, app);
  return { app, queue };
}
