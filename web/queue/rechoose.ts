import { hashesOf } from "./hashing.ts";
import type { Manifest } from "./record.ts";
import { roomOnDevice } from "./room.ts";
import type { DeviceStore } from "./store.ts";
import type { ChosenFile } from "./types.ts";

export interface Rechoice {
  readonly manifest: Manifest;
  readonly chosen: readonly ChosenFile[];
  readonly store: DeviceStore | null;
  progress(bytes: number, total: number): void;
  readonly signal: AbortSignal;
}
export interface PutBack {
  readonly found: number;
  readonly missing: number;
  /** The files themselves where the device has no room for their bytes. */
  readonly kept: readonly (Blob | null)[] | null;
}

/** Finds a study's lost files among those chosen anew, by their hash, and stores their bytes again. @throws DOMException */
export async function putBack({ manifest, chosen, store, progress, signal }: Rechoice): Promise<PutBack> {
  const sizes = new Set(manifest.files.map(({ size }) => size));
  const candidates = chosen.filter(({ size }) => sizes.has(size));
  const total = candidates.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  const read = (bytes: number) => {
    done += bytes;
    progress(done, total);
  };
  const hashes = await hashesOf(
    candidates.map(({ file }) => file),
    read,
    signal,
  );
  const places = match(
    manifest.files,
    candidates.map(({ name, size }, index) => ({ name, size, sha256: hashes[index] ?? "" })),
  );
  const found = places.flatMap((place, number): [number, Blob][] => {
    const file = place === null ? undefined : candidates[place]?.file;
    return file === undefined ? [] : [[number, file]];
  });
  const missing = manifest.files.length - found.length;
  if (found.length === 0) return { found: 0, missing, kept: null };
  const stored = await storeAgain(manifest.id, found, store, signal);
  const back = new Map(found);
  const kept = stored ? null : manifest.files.map((_, number) => back.get(number) ?? null);
  return { found: found.length, missing, kept };
}

async function storeAgain(
  id: string,
  found: readonly [number, Blob][],
  store: DeviceStore | null,
  signal: AbortSignal,
): Promise<boolean> {
  const room = await roomOnDevice();
  const needed = found.reduce((sum, [, { size }]) => sum + size, 0);
  if (store === null || (room !== null && room < needed)) return false;
  try {
    await store.saveFiles(id, found, () => undefined, signal);
    return true;
  } catch (error) {
    if (signal.aborted) throw error;
    return false;
  }
}

interface Known {
  readonly name: string;
  readonly size: number;
  /** "" where it was never told: then name and size must do. */
  readonly sha256: string;
}

/** For each file of a study the number of the candidate that is the same, or null. */
export function match(files: readonly Known[], candidates: readonly Known[]): (number | null)[] {
  const last = (name: string) => name.slice(name.lastIndexOf("/") + 1);
  const keyOf = ({ name, size, sha256 }: Known, byName: boolean) => `${size} ${byName ? last(name) : sha256}`;
  const indexed = (byName: boolean) =>
    new Map(candidates.map((one, index) => [keyOf(one, byName), index] as const).toReversed());
  const [hashed, named] = [indexed(false), indexed(true)];
  return files.map((file) => {
    const byName = file.sha256 === "";
    return (byName ? named : hashed).get(keyOf(file, byName)) ?? null;
  });
}
