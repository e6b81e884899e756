import { jsonOf } from "../core/portions.ts";
import { answerOf, type DeviceDatabase, openDatabase, type StoreName } from "./database.ts";
import { type Done, type Manifest, manifestOfDone, type Progress } from "./record.ts";
import { saveBytes, sliceBytes } from "./save-bytes.ts";
import { newKey, sealJson, sealText, unseal, unsealJson } from "./sealing.ts";

/** One row of `studies`: sealed while there is something to keep secret, plain when only the bare outcome is left. */
type StudyRow = { readonly sealed: ArrayBuffer } | { readonly done: Done };
export interface Loaded {
  readonly manifest: Manifest;
  readonly progress: Progress;
}

const allStores: readonly StoreName[] = ["studies", "manifests", "keys", "slices"];

const slicesOf = (id: string) => IDBKeyRange.bound([id], [id, []]); // an array stands behind every number

/** Keeps studies on this device, sealed, until the archive has them. */
export class DeviceStore {
  private readonly keys = new Map<string, CryptoKey>();
  private readonly recent = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  private constructor(private readonly db: DeviceDatabase) {}

  /** @throws DOMException where the browser keeps nothing */
  static async onDevice(): Promise<DeviceStore> {
    return new DeviceStore(await openDatabase());
  }

  /** A key for a study, before anything of it is written. @throws DOMException QuotaExceededError */
  async open(id: string): Promise<void> {
    const key = await newKey();
    await this.db.run(["keys"], "readwrite", (tx) => answerOf(tx.objectStore("keys").put(key, id)));
    this.keys.set(id, key);
  }

  /**
   * Stores bytes of files, each with its number. A study does not stand before `commit`.
   * @returns SHA-256 of each file, hexadecimal
   * @throws as saveBytes does
   */
  async saveFiles(
    id: string,
    files: Iterable<readonly [number: number, file: Blob]>,
    saved: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<string[]> {
    return saveBytes({ db: this.db, id, key: await this.key(id), files, saved, signal });
  }

  /** From here on the study stands: the last thing that is written. */
  async commit(manifest: Manifest, progress: Progress): Promise<void> {
    const key = await this.key(manifest.id);
    const [body, row] = await Promise.all([sealText(key, await jsonOf(manifest)), sealJson(key, progress)]);
    await this.db.run(["studies", "manifests"], "readwrite", (tx) => {
      tx.objectStore("manifests").put(body, manifest.id);
      tx.objectStore("studies").put({ sealed: row } satisfies StudyRow, manifest.id);
    });
  }

  /** What a study is made of. @throws Error where it does not stand on this device */
  async manifest(id: string): Promise<Manifest> {
    const key = await this.key(id);
    const body = await this.db.run(["manifests"], "readonly", (tx) =>
      answerOf<ArrayBuffer | undefined>(tx.objectStore("manifests").get(id)),
    );
    if (body === undefined) throw new Error("The study is not on this device any more.");
    return unsealJson<Manifest>(key, body);
  }

  async update(id: string, progress: Progress): Promise<void> {
    const sealed = await sealJson(await this.key(id), progress);
    await this.db.run(["studies"], "readwrite", async (tx) => {
      const studies = tx.objectStore("studies");
      const row = await answerOf<StudyRow | undefined>(studies.get(id));
      if (row !== undefined && "sealed" in row) studies.put({ sealed } satisfies StudyRow, id); // gone: stays gone
    });
  }

  /** Everything that stands, oldest first. What cannot be opened any more is removed. */
  async load(): Promise<Loaded[]> {
    const rows = await this.db.run(["studies", "manifests"], "readonly", async (tx) => {
      const ids = (await answerOf(tx.objectStore("studies").getAllKeys())) as string[];
      const studies = await answerOf<StudyRow[]>(tx.objectStore("studies").getAll());
      const bodies = await Promise.all(
        ids.map((id) => answerOf<ArrayBuffer | undefined>(tx.objectStore("manifests").get(id))),
      );
      return ids.flatMap((id, index) => {
        const study = studies[index];
        return study ? [{ id, study, body: bodies[index] }] : [];
      });
    });
    const loaded: Loaded[] = [];
    for (const { id, study, body } of rows) {
      if ("done" in study) loaded.push({ manifest: manifestOfDone(study.done), progress: study.done.progress });
      else {
        const one = await this.unsealed(id, study.sealed, body).catch(() => null);
        if (one === null) await this.remove(id);
        else loaded.push(one);
      }
    }
    return loaded.sort((a, b) => a.manifest.createdAt - b.manifest.createdAt);
  }

  private async unsealed(id: string, row: ArrayBuffer, body: ArrayBuffer | undefined): Promise<Loaded | null> {
    if (body === undefined) return null;
    const key = await this.key(id);
    return { manifest: await unsealJson<Manifest>(key, body), progress: await unsealJson<Progress>(key, row) };
  }

  /** @throws Error where the bytes are not there any more (evicted by the browser) */
  async read(id: string, file: number, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const out = new Uint8Array(length);
    const first = Math.floor(offset / sliceBytes);
    const last = Math.floor((offset + length - 1) / sliceBytes);
    const copy = async (slice: number) => {
      const [start, end] = [slice * sliceBytes, (slice + 1) * sliceBytes];
      const whole = offset <= start && end <= offset + length; // nobody else asks for any of it
      const bytes = await (whole ? this.openSlice(id, [id, file, slice]) : this.slice(id, file, slice));
      const from = Math.max(0, offset - start);
      out.set(bytes.subarray(from, Math.min(bytes.length, offset + length - start)), start + from - offset);
    };
    await Promise.all(Array.from({ length: last - first + 1 }, (_, index) => copy(first + index)));
    return out;
  }

  /** The last few stay open: small requests read the same slice many times. */
  private slice(id: string, file: number, slice: number): Promise<Uint8Array<ArrayBuffer>> {
    const name = JSON.stringify([id, file, slice]);
    const known = this.recent.get(name);
    if (known) return known;
    const bytes = this.openSlice(id, [id, file, slice]);
    this.recent.set(name, bytes);
    bytes.catch(() => this.recent.delete(name));
    for (const oldest of this.recent.keys()) {
      if (this.recent.size <= 24) break; // 6 MB; eight requests have sixteen ends
      this.recent.delete(oldest);
    }
    return bytes;
  }

  private async openSlice(id: string, at: IDBValidKey): Promise<Uint8Array<ArrayBuffer>> {
    const sealed = await this.db.run(["slices"], "readonly", (tx) =>
      answerOf<ArrayBuffer | undefined>(tx.objectStore("slices").get(at)),
    );
    if (sealed === undefined) throw new Error("The bytes are not on this device any more.");
    return unseal(await this.key(id), sealed);
  }

  private async key(id: string): Promise<CryptoKey> {
    const known = this.keys.get(id);
    if (known) return known;
    const key = await this.db.run(["keys"], "readonly", (tx) =>
      answerOf<CryptoKey | undefined>(tx.objectStore("keys").get(id)),
    );
    if (key === undefined) throw new Error("The key is not on this device any more.");
    this.keys.set(id, key);
    return key;
  }

  /** Erases bytes, manifest and key in one step, leaving the bare outcome. @throws Error where something is left */
  finish(done: Done): Promise<void> {
    return this.erase(done.id, { done });
  }
  remove(id: string): Promise<void> {
    return this.erase(id, null);
  }

  private async erase(id: string, row: StudyRow | null): Promise<void> {
    this.keys.delete(id);
    this.recent.clear();
    await this.db.run(allStores, "readwrite", (tx) => {
      if (row === null) tx.objectStore("studies").delete(id);
      else tx.objectStore("studies").put(row, id);
      tx.objectStore("manifests").delete(id);
      tx.objectStore("keys").delete(id);
      tx.objectStore("slices").delete(slicesOf(id));
    });
    const left = await this.db.run(["slices", "keys", "manifests"], "readonly", async (tx) => {
      const counts = [
        answerOf(tx.objectStore("slices").count(slicesOf(id))),
        answerOf(tx.objectStore("keys").count(id)),
        answerOf(tx.objectStore("manifests").count(id)),
      ];
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    });
    if (left > 0) throw new Error("The device did not erase the bytes.");
  }

  /** Removes what a crash left of studies that never stood. @param saving studies that another tab saves right now */
  async sweep(saving: ReadonlySet<string>): Promise<void> {
    const orphans = await this.db.run(["studies", "keys"], "readonly", async (tx) => {
      const [keys, studies] = await Promise.all([
        answerOf(tx.objectStore("keys").getAllKeys()),
        answerOf(tx.objectStore("studies").getAllKeys()),
      ]);
      return keys.map(String).filter((id) => !studies.includes(id) && !saving.has(id));
    });
    for (const id of orphans) await this.remove(id); // a key is written before and removed with the slices
  }
}
