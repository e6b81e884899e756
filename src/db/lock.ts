import { Database as Sqlite } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseError } from "./database.ts";

/** A data folder that this process has for itself. */
export interface FolderLock {
  release(): void;
}

/** A predecessor that is just ending gets so long. */
const patienceMs = 2000;

/**
 * Takes the data folder for this process: a second box queues what the first is sending again, so it goes out twice, and
 * takes it back when it stops (measured). The lock is the kernel's, behind an open exclusive transaction, so it ends with
 * the process however that ends: no stale file, no process number to check. Commands beside a running box (`user add`)
 * open the database without it.
 * @throws DatabaseError where another process has it
 */
export function lockDataFolder(dataDir: string): FolderLock {
  mkdirSync(dataDir, { recursive: true, mode: 0o750 });
  const sqlite = new Sqlite(join(dataDir, "relaypacs.lock"), { create: true });
  try {
    sqlite.run(`PRAGMA busy_timeout = ${patienceMs}`);
    sqlite.run("PRAGMA journal_mode = MEMORY"); // a lock writes nothing, and must be had on a full disk
    sqlite.run("BEGIN EXCLUSIVE");
  } catch (error) {
    sqlite.close();
    if ((error as { code?: unknown }).code !== "SQLITE_BUSY") throw error;
    throw new DatabaseError(
      "Another RelayPACS runs on this data folder. Stop it first, or give this one its own data_dir.",
    );
  }
  return { release: () => sqlite.close() };
}
