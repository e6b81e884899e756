import type { ExpectedStudy } from "../../src/contract/upload.ts";
import { mapInPortions } from "../core/portions.ts";
import { Entry } from "./entry.ts";
import { hashesOf } from "./hashing.ts";
import { expectedOf, safeName } from "./init-body.ts";
import type { ScanMemory } from "./intake.ts";
import { type FileRecord, freshProgress, type Manifest } from "./record.ts";
import { askToPersist, roomOnDevice } from "./room.ts";
import type { DeviceStore } from "./store.ts";
import type { ChosenFile, Confirmation, DraftStudy } from "./types.ts";

/** Held while a study is saved, so that no other tab takes its bytes for a crash's remains. */
const lockOf = (id: string) => `relaypacs-saving-${id}`;

/** Studies that some tab saves right now. */
export async function savedByOthers(): Promise<ReadonlySet<string>> {
  const { held = [] } = await navigator.locks.query();
  const prefix = lockOf("");
  return new Set(held.flatMap(({ name }) => (name?.startsWith(prefix) ? [name.slice(prefix.length)] : [])));
}

/** A study as it is about to be saved, its files not told yet. */
export function entryOf(draft: DraftStudy, given: Confirmation, userId: string, memory: ScanMemory): Entry {
  const read: readonly ExpectedStudy[] = memory.expected.get(draft.id) ?? [];
  const { correction } = given;
  const corrects = {
    study_instance_uid: draft.studyInstanceUID,
    patient_id: draft.patientID,
    patient_birth_date: draft.patientBirthDate,
  };
  const manifest: Manifest = {
    id: draft.id,
    userId,
    createdAt: Date.now(),
    kind: draft.kind,
    title: {
      patientName: correction?.patientName || given.patientName || draft.patientName,
      patientID: correction?.patientID || given.patientID || draft.patientID,
      patientBirthDate: correction?.patientBirthDate || given.patientBirthDate || draft.patientBirthDate,
      studyDate: draft.studyDate,
      description: draft.description,
      modalities: draft.modalities,
    },
    imageCount: draft.imageCount,
    totalBytes: draft.files.reduce((sum, { size }) => sum + size, 0),
    files: [], // told when their bytes are stored: ten thousand are not looked at while a person presses Send
    confirmation: given,
    expected: expectedOf(draft, given, read),
    ...(correction === undefined ? {} : { corrects }),
  };
  const entry = new Entry(manifest);
  entry.saving = true;
  entry.savedBytes = 0;
  return entry;
}

/** Files as they were chosen, and what the scan learned of them. */
export interface Chosen {
  readonly files: readonly ChosenFile[];
  readonly sopInstanceUIDs: ScanMemory["sopInstanceUIDs"];
}

/**
 * Stores the bytes, then the study. Where the device cannot hold them the study is sent straight from its files.
 * @returns the study as it goes on
 * @throws DOMException NotReadableError, NotFoundError where a file cannot be read; AbortError when cancelled
 */
export function saveStudy(
  entry: Entry,
  chosen: Chosen,
  store: DeviceStore | null,
  changed: () => void,
): Promise<Entry> {
  const files = chosen.files.map(({ file }) => file);
  return navigator.locks.request(lockOf(entry.id), async () => {
    askToPersist();
    const room = await roomOnDevice();
    const count = (bytes: number) => {
      entry.savedBytes += bytes;
      changed();
    };
    if (store === null || (room !== null && room < entry.manifest.totalBytes))
      return inMemory(entry, chosen, store, count);
    try {
      await store.open(entry.id);
      await name(entry, chosen, await store.saveFiles(entry.id, files.entries(), count, entry.stop.signal));
      entry.stop.signal.throwIfAborted();
      await store.commit(entry.manifest, freshProgress);
      entry.saving = false;
      return entry;
    } catch (error) {
      await store.remove(entry.id).catch(() => undefined);
      if (isUnreadable(error) || entry.stop.signal.aborted) throw error;
      entry.savedBytes = 0;
      return inMemory(entry, chosen, store, count); // the device is full, or keeps nothing
    }
  });
}

async function name(entry: Entry, chosen: Chosen, hashes: readonly string[]): Promise<void> {
  const files = await mapInPortions(
    chosen.files,
    ({ name, size, file }, index): FileRecord => ({
      name: safeName(name),
      size,
      sopInstanceUID: /^[0-9.]{1,64}$/.exec(chosen.sopInstanceUIDs.get(file) ?? "")?.[0] ?? "",
      sha256: hashes[index] ?? "",
    }),
  );
  entry.manifest = { ...entry.manifest, files };
}

/** Sent straight from its files. Its record stays where it can: when the page was closed, the same files can be chosen again. */
async function inMemory(
  entry: Entry,
  chosen: Chosen,
  store: DeviceStore | null,
  read: (bytes: number) => void,
): Promise<Entry> {
  const files = chosen.files.map(({ file }) => file);
  await name(entry, chosen, await hashesOf(files, read, entry.stop.signal));
  const recorded = await record(entry.manifest, store);
  return new Entry(entry.manifest, freshProgress, files, recorded);
}
async function record(manifest: Manifest, store: DeviceStore | null): Promise<boolean> {
  try {
    await store?.open(manifest.id);
    await store?.commit(manifest, freshProgress);
    return store !== null;
  } catch {
    await store?.remove(manifest.id).catch(() => undefined);
    return false;
  }
}

const isUnreadable = (error: unknown) =>
  error instanceof DOMException && (error.name === "NotReadableError" || error.name === "NotFoundError");
