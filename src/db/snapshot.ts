import { Database as Sqlite } from "bun:sqlite";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { isNull } from "drizzle-orm";
import { ormOver } from "./database.ts";
import { refreshToken, session } from "./schema-accounts.ts";
import { invitation } from "./schema-invitations.ts";
import { blankStudies, forgetContents } from "./studies.ts";
import { blankUpload, forgetRanges } from "./uploads.ts";

/** A file that belongs to the box beside its database: a key, the configuration. */
export interface Part {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What is in a copy of a box. */
export interface CopyContents {
  /** Of the program that made it. */
  readonly version: string;
  /** RFC 3339. */
  readonly madeAt: string;
  readonly parts: readonly Part[];
}

/**
 * Writes a copy of the database of a data folder, also while a server writes to it, with the parts in two tables of their own:
 * one SQLite file, 0600. What was deleted in the database is not in it.
 * @param path must not exist
 */
export function writeSnapshot(dataDir: string, path: string, { version, madeAt, parts }: CopyContents): void {
  closeSync(openSync(path, "wx", 0o600)); // its rights before its content
  const source = new Sqlite(join(dataDir, "relaypacs.db"), { create: false, readwrite: true, strict: true });
  try {
    source.run("PRAGMA busy_timeout = 10000");
    source.run("VACUUM INTO ?", [path]);
  } finally {
    source.close();
  }
  inCopy(path, (copy) => {
    copy.run("CREATE TABLE backup_info (version TEXT NOT NULL, made_at TEXT NOT NULL)");
    copy.run("CREATE TABLE backup_part (name TEXT PRIMARY KEY, bytes BLOB NOT NULL)");
    copy.run("INSERT INTO backup_info VALUES (?, ?)", [version, madeAt]);
    for (const { name, bytes } of parts) copy.run("INSERT INTO backup_part VALUES (?, ?)", [name, bytes]);
  });
}

/** Looks at a copy from end to end. @throws where it is damaged, or no copy of a box */
export function readSnapshot(path: string): CopyContents & { readonly uploads: number } {
  return inCopy(path, (copy) => {
    const [first] = copy.query("PRAGMA integrity_check").values();
    if (first?.[0] !== "ok") throw new Error("The copy of the database is damaged.");
    const info = copy.query("SELECT version, made_at FROM backup_info").get() as { version: string; made_at: string };
    const parts = copy.query("SELECT name, bytes FROM backup_part ORDER BY name").all() as Part[];
    const { uploads } = copy.query("SELECT count(*) AS uploads FROM upload").get() as { uploads: number };
    return { version: info.version, madeAt: info.made_at, parts, uploads };
  });
}

/** Makes a copy the database of a box: without the parts, and without anything that signs somebody in (T28). */
export function snapshotToDatabase(path: string): void {
  inCopy(path, (copy) => {
    copy.run("DROP TABLE backup_info");
    copy.run("DROP TABLE backup_part");
    const orm = ormOver(copy);
    orm.delete(refreshToken).run();
    orm.delete(session).run();
    orm.delete(invitation).where(isNull(invitation.usedAt)).run();
  });
}

/**
 * Takes from a copy what the box itself has just forgotten of an upload (P13).
 * @param all also what identifies the patient; otherwise what was in the files alone
 * @returns false where the copy is of another version's tables, so that nothing could be taken
 */
export function forgetInSnapshot(path: string, uploadIds: readonly string[], all: boolean, now: number): boolean {
  try {
    inCopy(path, (copy) => {
      const known = copy.query("SELECT 1 FROM upload WHERE id = ? AND blanked_at IS NULL");
      const orm = ormOver(copy);
      for (const id of uploadIds.filter((it) => known.get(it) !== null)) {
        orm.transaction((tx) => {
          forgetRanges(tx, id);
          forgetContents(tx, id);
          if (all) blankUpload(tx, id, now);
          if (all) blankStudies(tx, id);
        });
      }
    });
    return true;
  } catch {
    return false;
  }
}

function inCopy<T>(path: string, work: (copy: Sqlite) => T): T {
  const copy = new Sqlite(path, { create: false, readwrite: true, strict: true });
  try {
    for (const pragma of ["journal_mode = DELETE", "synchronous = FULL", "secure_delete = ON", "foreign_keys = ON"])
      copy.run(`PRAGMA ${pragma}`);
    return work(copy);
  } finally {
    copy.close();
  }
}
