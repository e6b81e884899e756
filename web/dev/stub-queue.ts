import type { UploadState } from "../../src/contract/states.ts";
import type { DeliveryView, UploadSummary } from "../../src/contract/status.ts";
import type { ChosenFile, DraftStudy, Earlier, Link, Queue, QueuedStudy, ScanResult } from "../queue/types.ts";

/** A queue that only shows: every state a screen can meet, with invented people. For the test page; never in the product. */
export const madeAt = Date.parse("2026-11-21T14:00:00Z");

export const delivery = (over: Partial<DeliveryView> = {}): DeliveryView => ({
  delivery_id: "d",
  destination_id: "north",
  via: null,
  state: "sending",
  delivered_instances: 412,
  total_instances: 842,
  attempts: 1,
  next_attempt_at: null,
  receipt_id: null,
  error: null,
  ...over,
});
export const status = (
  state: UploadState,
  deliveries: DeliveryView[],
  over: Partial<UploadSummary> = {},
): UploadSummary => ({
  upload_id: "0b9c2a40-1c1e-4c57-9a3c-0c2a8f1d1111",
  state,
  progress_percent: 100,
  uploaded_bytes: 1_200_000_000,
  total_size_bytes: 1_200_000_000,
  studies: [
    {
      study_instance_uid: "2.25.1",
      patient_name: "MUSTER^ERIKA",
      patient_id: "P-1001",
      patient_birth_date: "19610204",
      study_date: "20261120",
      study_description: "CT Thorax",
      modalities: ["CT"],
      series_count: 4,
      instance_count: 842,
      state: state === "needs_confirmation" ? "needs_confirmation" : "forwarding",
      service_level: "routine",
      deliveries,
    },
  ],
  warnings: [],
  error: null,
  pacs_receipt_id: null,
  created_at: "2026-11-21T14:00:00Z",
  files_removed_at: null,
  ...over,
});
export const queued = (over: Partial<QueuedStudy> = {}): QueuedStudy => ({
  id: "one",
  userId: "u",
  createdAt: madeAt,
  state: "uploading",
  cause: null,
  nextTryAt: null,
  kept: true,
  title: {
    patientName: "MUSTER^ERIKA",
    patientID: "P-1001",
    patientBirthDate: "19610204",
    studyDate: "20261120",
    description: "CT Thorax",
    modalities: ["CT"],
  },
  serviceLevel: "routine",
  imageCount: 842,
  totalBytes: 1_200_000_000,
  savedBytes: 1_200_000_000,
  sentBytes: 610_000_000,
  rate: 200_000,
  eta: 360,
  fileCount: 842,
  alreadyThere: 0,
  atBoxAt: null,
  uploadId: "0b9c2a40-1c1e-4c57-9a3c-0c2a8f1d1111",
  status: null,
  error: null,
  finishedAt: null,
  ...over,
});
export const draft = (over: Partial<DraftStudy> = {}): DraftStudy =>
  ({
    id: "draft",
    kind: "dicom",
    studyInstanceUID: "2.25.1",
    patientName: "MUSTER^ERIKA",
    patientID: "P-1001",
    patientBirthDate: "19610204",
    patientSex: "F",
    studyDate: "20261120",
    description: "CT Thorax",
    modalities: ["CT"],
    bodyPart: "CHEST",
    parts: [],
    seriesCount: 4,
    imageCount: 842,
    bytes: 443_000_000,
    files: [],
    archives: [],
    warnings: [],
    ...over,
  }) satisfies Omit<DraftStudy, "expected">;

/** 16 by 12 pixels of grey, for a preview. */
const png =
  "iVBORw0KGgoAAAANSUhEUgAAABAAAAAMCAIAAADkharWAAABUUlEQVR42g3LIa7FIBRAwb+wZzAYzDUkBFNEBTUnJDXXNCE1IJFIJMv8HT9/P8EIVnCCCF6IwiGcwiUg3IIKj/AKTfj7BUzABlxAAj4QA0fgDFwBAndAA0/gDbTwhYRJ2IRLSMInYuJInIkrQeJOaOJJvImWvpAxGZtxGcn4TMwcmTNzZcjcGc08mTfT8hcKpmALriAFX4iFo3AWrgKFu6CFp/AWWvmCYhSrOEUUr0TlUE7lUlBuRZVHeZWmX6iYiq24ilR8JVaOylm5KlTuilaeyltp9Qsd07Ed15GO78TO0Tk7V4fO3dHO03k7rX9hYAZ24AYy8IM4OAbn4BowuAc6eAbvoI0vTMzETtxEJn4SJ8fknFwTJvdEJ8/knbT5hYVZ2IVbyMIv4uJYnItrweJe6OJZvIu2vrAxG7txG9n4Tdwcm3NzbdjcG908m3fTNv/x7vihj5B9oQAAAABJRU5ErkJggg==";
export function photo(name: string): ChosenFile {
  const file = new File([Uint8Array.from(atob(png), (char) => char.charCodeAt(0))], name, { type: "image/png" });
  return { name, size: file.size, file };
}

export interface Stub extends Queue {
  /** What the screens asked of it: `pause one`. */
  readonly asked: string[];
  set(studies: readonly QueuedStudy[], link?: Link): void;
  found: ScanResult;
  before: Earlier | null;
  foundAgain: { readonly found: number; readonly missing: number };
}

export function stubQueue(): Stub {
  let studies: readonly QueuedStudy[] = [];
  let link: Link = { state: "online", bitsPerSecond: null };
  const listeners = new Set<() => void>();
  const asked: string[] = [];
  const note = (what: string) => (id: string) => void asked.push(`${what} ${id}`);
  const promised = (what: string) => (id: string) => Promise.resolve(note(what)(id));
  const stub: Stub = {
    asked,
    found: { studies: [draft()], leftOut: 0, unreadable: [] },
    before: null,
    foundAgain: { found: 842, missing: 0 },
    get studies() {
      return studies;
    },
    get link() {
      return link;
    },
    set(next, over) {
      studies = next;
      link = over ?? link;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    scan: (files, progress) => {
      progress(files.length, files.length);
      return Promise.resolve(stub.found);
    },
    deliveredBefore: (uid) => Promise.resolve(uid === "" ? null : stub.before),
    room: () => Promise.resolve(null),
    add: (one, confirmation) => {
      const { correction } = confirmation;
      const corrected = correction === undefined ? "" : ` ${JSON.stringify(correction)}`;
      asked.push(`add ${one.id} ${confirmation.serviceLevel}${corrected}`);
      stub.set([
        queued({ id: one.id, state: "waiting", cause: "turn", sentBytes: 0, serviceLevel: confirmation.serviceLevel }),
        ...studies,
      ]);
      return Promise.resolve();
    },
    rechoose: (id) => {
      asked.push(`rechoose ${id}`);
      return Promise.resolve(stub.foundAgain);
    },
    handOver: () => Promise.resolve(void asked.push("hand over")),
    pause: note("pause"),
    resume: note("resume"),
    cancel: promised("cancel"),
    retry: promised("retry"),
    accept: promised("accept"),
    confirm: (id, _, given) => Promise.resolve(void asked.push(`confirm ${id} ${JSON.stringify(given)}`)),
    reject: promised("reject"),
    dismiss: promised("dismiss"),
  };
  return stub;
}
