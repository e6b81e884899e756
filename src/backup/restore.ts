import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { syncFolder, writeDurable } from "../core/durable-file.ts";
import { lockDataFolder } from "../db/lock.ts";
import { type Part, readSnapshot, snapshotToDatabase } from "../db/snapshot.ts";
import { configPart, keyParts, openCopy } from "./copy.ts";

/** What a restore does not carry over: with these every token of the old box would be good here (T28). */
const tokenKeys = new Set([`${keyParts}signing.jwk`, `${keyParts}retired.json`]);

/** The data folder or the copy is not as a restore needs it; the message says what to do. */
export class RestoreError extends Error {
  override readonly name = "RestoreError";
}

/** Opens a copy into a folder; answers its parts. The caller removes the folder. */
export async function openForRestore(file: string, folder: string, passphrase?: string): Promise<readonly Part[]> {
  const copy = join(folder, "copy");
  await openCopy(file, copy, passphrase);
  return readSnapshot(copy).parts;
}

/** The configuration among the parts; undefined where the box had none. */
export const configOf = (parts: readonly Part[]): string | undefined => {
  const found = parts.find(({ name }) => name === configPart);
  return found && Buffer.from(found.bytes).toString();
};

/**
 * Puts the opened copy in a data folder that has no database yet: keys first, the database last, so that a cut leaves a folder that
 * can be restored to again. Nobody is signed in afterwards, and no token of before is good.
 * @throws RestoreError where there is a database; DatabaseError while a box runs on the folder
 */
export function restoreInto(dataDir: string, folder: string, parts: readonly Part[]): void {
  const lock = lockDataFolder(dataDir);
  try {
    const target = join(dataDir, "relaypacs.db");
    if (existsSync(target))
      throw new RestoreError(
        `There is a database in ${dataDir} already. Move it away (relaypacs.db with -wal and -shm), or name another data_dir.`,
      );
    mkdirSync(join(dataDir, "keys"), { recursive: true, mode: 0o700 });
    for (const { name, bytes } of parts.filter(isCarried)) {
      const path = join(dataDir, name);
      rmSync(path, { force: true });
      writeDurable(path, Buffer.from(bytes).toString("utf8"), 0o600);
    }
    for (const name of tokenKeys) rmSync(join(dataDir, name), { force: true });
    const arriving = join(dataDir, "relaypacs.db.restoring");
    rmSync(arriving, { force: true });
    copyFileSync(join(folder, "copy"), arriving);
    snapshotToDatabase(arriving);
    renameSync(arriving, target);
    syncFolder(dirname(target));
  } finally {
    lock.release();
  }
}

/** Names of a copy are ours; still none may lead out of the folder. */
const isCarried = ({ name }: Part): boolean => /^keys\/[A-Za-z0-9._-]+$/.test(name) && !tokenKeys.has(name);
