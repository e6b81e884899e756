import { restoreSession, signIn, signOut } from "../../web/api/auth.ts";
import { createApi } from "../../web/api/http.ts";
import { createQueue } from "../../web/queue/queue.ts";
import type { Confirmation, Queue, ScanResult } from "../../web/queue/types.ts";

/** A bare page around the device's queue, for tests that are about the queue and not about screens. */
export interface QueueHandle {
  readonly queue: Queue;
  signIn(username: string, password: string): Promise<void>;
  signOut(): Promise<void>;
  /** Scans and adds what the page's file input holds. @returns what the scan said, without the files */
  send(given?: Partial<Confirmation>): Promise<{ studies: number; leftOut: number; unreadable: number }>;
  scan(): Promise<ScanResult>;
  /** Offers what the page's file input holds in the place of lost files. */
  rechoose(id: string): Promise<{ found: number; missing: number }>;
}
declare global {
  interface Window {
    handle: QueueHandle;
    /** Longest task seen, milliseconds. */
    longest: number;
  }
}

const api = createApi();
const input = document.createElement("input");
input.type = "file";
input.multiple = true;
document.body.append(input);
window.longest = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
}).observe({ entryTypes: ["longtask"] });

const nothing: Confirmation = {
  patientName: "",
  patientID: "",
  patientBirthDate: "",
  patientSex: "",
  serviceLevel: "routine",
  clinicalNotes: "",
  studyName: "",
  accessionNumber: "",
  resendReason: "",
};

await restoreSession(api).catch(() => null);
const queue = await createQueue(api);
const chosen = () => [...(input.files ?? [])].map((file) => ({ name: file.name, size: file.size, file }));
const scan = () => queue.scan(chosen(), () => undefined, new AbortController().signal);
window.handle = {
  queue,
  signIn: async (username, password) => {
    await signIn(api, { username, password });
  },
  signOut: () => signOut(api),
  scan,
  rechoose: (id) => queue.rechoose(id, chosen(), () => undefined, new AbortController().signal),
  send: async (given = {}) => {
    const { studies, leftOut, unreadable } = await scan();
    for (const draft of studies) await queue.add(draft, { ...nothing, ...given });
    return { studies: studies.length, leftOut, unreadable: unreadable.length };
  },
};
document.title = "ready";
