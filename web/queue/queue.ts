import type { Api } from "../api/http.ts";
import { askForSync, onSync } from "../core/service-worker.ts";
import { perform } from "./deeds.ts";
import { deliveredBefore } from "./earlier.ts";
import { Entry } from "./entry.ts";
import { createScanMemory, scanFiles } from "./intake.ts";
import { putBack } from "./rechoose.ts";
import { freshProgress } from "./record.ts";
import { roomOnDevice } from "./room.ts";
import { entryOf, savedByOthers, saveStudy } from "./save-study.ts";
import { DeviceStore } from "./store.ts";
import { type Deed, Tabs } from "./tabs.ts";
import { keepTokens } from "./token-keeping.ts";
import type { Link, Queue, QueuedStudy } from "./types.ts";
import { Uploader } from "./uploader.ts";

/** Screens are told at most so often, milliseconds. */
const tellEveryMs = 100;

/** Opens the device's queue: what was left unfinished goes on by itself, in this tab or the one that sends already. */
export async function createQueue(api: Api): Promise<Queue> {
  const store = await DeviceStore.onDevice().catch(() => null); // some private windows keep nothing
  const memory = createScanMemory();
  const listeners = new Set<() => void>();
  /** Studies that this tab saves just now. */
  const saving = new Map<string, Entry>();
  let others: { views: readonly QueuedStudy[]; link: Link } | null = null;
  let studies: readonly QueuedStudy[] = [];
  let timer = 0;

  const changed = () => {
    if (timer === 0) timer = window.setTimeout(tell, tellEveryMs);
  };
  const uploader = new Uploader(api, store, changed);
  const hands = { api, store, uploader };
  const own = () => [...uploader.entries.values()].map((entry) => entry.view());
  const refresh = () => {
    const shown = tabs.leads ? own() : (others?.views ?? own()).map(elsewhere);
    const here = [...saving.values()].map((entry) => entry.view());
    studies = [...shown.filter(({ id }) => !saving.has(id)), ...here];
  };
  const tell = () => {
    timer = 0;
    refresh();
    tabs.show();
    for (const listener of listeners) listener();
  };
  const load = async () => {
    const stored = (await store?.load()) ?? [];
    uploader.entries.clear(); // what another tab has done since is on the disk
    for (const { manifest, progress } of stored) uploader.take(new Entry(manifest, progress));
    changed();
  };
  const tabs = new Tabs({
    lead: () => {
      void load().then(async () => {
        uploader.start();
        keepTokens(api, uploader.entries, (entry, change) => uploader.save(entry, change));
        await store?.sweep(await savedByOthers());
      });
    },
    added: (manifest, files, recorded) => uploader.take(new Entry(manifest, freshProgress, files, recorded)),
    perform: (id, deed) => perform(hands, id, deed),
    views: () => ({ views: own(), link: uploader.link }),
    shown: (views, link) => {
      others = { views, link };
      changed();
    },
  });
  const act = (id: string, deed: Deed): Promise<void> => {
    const unsaved = saving.get(id);
    if (unsaved && deed.kind === "cancel") {
      unsaved.stop.abort();
      return Promise.resolve();
    }
    return tabs.leads ? perform(hands, id, deed) : tabs.ask(id, deed);
  };
  await load();
  await tabs.start();
  onSync(() => uploader.kick());
  tell();

  return {
    get studies() {
      if (timer !== 0) refresh(); // something has changed that the listeners are still to be told
      return studies;
    },
    get link() {
      return tabs.leads ? uploader.link : (others?.link ?? uploader.link);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    scan: (files, progress, signal) => scanFiles(files, progress, signal, memory),
    deliveredBefore: (uid) => deliveredBefore(api, uid),
    room: roomOnDevice,
    async add(draft, confirmation) {
      const userId = api.user?.id;
      if (userId === undefined) throw new Error("Sign in first.");
      const entry = entryOf(draft, confirmation, userId, memory);
      saving.set(draft.id, entry);
      changed();
      try {
        const saved = await saveStudy(
          entry,
          { files: draft.files, sopInstanceUIDs: memory.sopInstanceUIDs },
          store,
          changed,
        );
        if (tabs.leads) uploader.take(saved);
        else tabs.tellAdded(saved);
        void askForSync();
      } catch (error) {
        if (!entry.stop.signal.aborted) throw error;
      } finally {
        saving.delete(draft.id);
        memory.expected.delete(draft.id);
        changed();
      }
    },
    async rechoose(id, files, progress, signal) {
      const manifest = uploader.entries.get(id)?.manifest ?? (await store?.manifest(id));
      if (manifest === undefined) throw new Error("The study is not on this device any more.");
      const { found, missing, kept } = await putBack({ manifest, chosen: files, store, progress, signal });
      if (found > 0) await act(id, { kind: "rechosen", files: kept });
      return { found, missing };
    },
    async handOver() {
      const mine = studies.filter(({ userId, uploadId }) => userId === api.user?.id && uploadId === null);
      await Promise.allSettled(mine.map(({ id }) => act(id, { kind: "open" })));
    },
    pause: (id) => void act(id, { kind: "pause" }),
    resume: (id) => void act(id, { kind: "resume" }),
    cancel: (id) => act(id, { kind: "cancel" }),
    retry: (id) => act(id, { kind: "retry" }),
    accept: (id) => act(id, { kind: "accept" }),
    confirm: (id, studyInstanceUID, given) => act(id, { kind: "confirm", studyInstanceUID, given }),
    reject: (id, studyInstanceUID, reason) => act(id, { kind: "reject", studyInstanceUID, reason }),
    dismiss: (id) => act(id, { kind: "dismiss" }),
  };
}

/** What another tab sends is told as such. */
const elsewhere = (study: QueuedStudy): QueuedStudy =>
  study.state === "uploading" || (study.state === "waiting" && (study.cause === null || study.cause === "turn"))
    ? { ...study, state: "waiting", cause: "other_tab" }
    : study;
