import { readFileSync } from "node:fs";
import { join } from "node:path";

const opened = new Map<string, Promise<Record<string, object>>>();

/** The module in a packed file of the executable. From a blob in this process, never from a file that another could change. */
export function openPacked(path: string): Promise<Record<string, object>> {
  const known = opened.get(path);
  if (known) return known;
  const source = new Uint8Array(Bun.zstdDecompressSync(readFileSync(join(import.meta.dir, path))));
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const module = import(address).finally(() => URL.revokeObjectURL(address));
  opened.set(path, module);
  return module;
}
