import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { syncFolder, writeDurable } from "../core/durable-file.ts";

/**
 * The key of the audit's chain, 0600 below `<data_dir>/keys`; made where there is none. Server and commands share it, so it is made
 * while nobody else writes: two keys at once would look like a broken chain.
 */
export function chainKeyIn(dataDir: string, alone: <T>(work: () => T) => T): Uint8Array {
  const folder = join(dataDir, "keys");
  const path = join(folder, "audit.key");
  const read = () => {
    try {
      return Buffer.from(readFileSync(path, "utf8"), "hex");
    } catch (error) {
      if ((error as { code?: string }).code === "ENOENT") return undefined;
      throw error;
    }
  };
  return (
    read() ??
    alone(() => {
      const meanwhile = read();
      if (meanwhile) return meanwhile;
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      syncFolder(dataDir);
      const key = randomBytes(32);
      writeDurable(path, key.toString("hex"), 0o600);
      return key;
    })
  );
}
