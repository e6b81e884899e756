import { Database as Sqlite } from "bun:sqlite";
import { closeSync, fdatasync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type BunSQLiteDatabase, drizzle } from "drizzle-orm/bun-sqlite";
import { migrate } from "drizzle-orm/bun-sqlite/migrator";
import { type Clock, type Clocks, startClock } from "../core/clock.ts";
import { isDiskFull } from "../core/disk-full.ts";
import { chainKeyIn } from "./audit-key.ts";
import { savedMoment } from "./clock.ts";
import { createGroupCommit } from "./group-commit.ts";
import * as tables from "./schema.ts";
import * as accounts from "./schema-accounts.ts";
import * as audits from "./schema-audit.ts";

const schema = { ...tables, ...accounts, ...audits };

type Orm = BunSQLiteDatabase<typeof schema>;
export type Transaction = Parameters<Parameters<Orm["transaction"]>[0]>[0];
/** Queries run on the database or inside a transaction alike. */
export type Queries = Orm | Transaction;

/** Transactions and the database they belong to. */
const roots = new WeakMap<object, Orm>();
/** The database that a transaction is of; itself outside of one. */
export const rootOf = (db: Queries): Queries => roots.get(db) ?? db;

/** What keys the audit of a database; kept beside it, never in it. */
const chainKeys = new WeakMap<object, Uint8Array>();
export function chainKeyOf(db: Queries): Uint8Array {
  const key = chainKeys.get(rootOf(db));
  if (key === undefined) throw new Error("a database without a key of its audit");
  return key;
}

/** The open database of one data folder. */
export interface Database {
  readonly orm: Orm;
  readonly sqlite: Sqlite;
  /** All or nothing, and on disk when it returns. IMMEDIATE: writers queue up instead of failing half-way. */
  transaction<T>(work: (tx: Transaction) => T): T;
  /**
   * The same, together with what others want to write meanwhile: one transaction, one sync, and the event loop does not wait for
   * the disk. On stable storage when it resolves. The work writes to the database alone, because it can run twice.
   */
  commit<T>(work: (tx: Transaction) => T): Promise<T>;
  /** Resolves when all that reads show by now is on stable storage. */
  settled(): Promise<void>;
  /** Writes the WAL into the database and empties it, so that deleted rows leave no copy there. */
  checkpoint(): void;
  /** The box's clock, which goes on from what this database has on record. */
  readonly clock: Clock;
  close(): void;
}

interface Options {
  readonly onFull?: () => void;
  readonly clocks?: Clocks;
}

/** The database could not be opened as it is; the message says what to do. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
}

/** Embedded in the binary (`--asset migrations`); the repository's folder when run from source. */
function migrationsFolder(): string {
  const embedded = join(import.meta.dir, "migrations");
  try {
    readFileSync(join(embedded, "meta/_journal.json"));
    return embedded;
  } catch {
    return join(import.meta.dir, "../../migrations");
  }
}

/** An older binary must not write into a newer schema: it would break rows it does not know. */
function refuseNewerSchema(sqlite: Sqlite, folder: string): void {
  const journal = JSON.parse(readFileSync(join(folder, "meta/_journal.json"), "utf8")) as {
    entries: { when: number }[];
  };
  const newestKnown = Math.max(...journal.entries.map((entry) => entry.when));
  const table = sqlite.query("SELECT 1 FROM sqlite_master WHERE name = '__drizzle_migrations'").get();
  if (!table) return;
  const row = sqlite.query("SELECT max(created_at) AS newest FROM __drizzle_migrations").get() as { newest: number };
  if (row.newest > newestKnown)
    throw new DatabaseError(
      "The database was written by a newer version of RelayPACS. Install that version again, or restore a backup made with this one.",
    );
}

/**
 * Opens (and where needed makes or upgrades) the database of a data folder.
 * WAL with synchronous=FULL: an answered commit survives a power cut (measured, docs/decisions.md).
 * @param options.onFull makes room on a full disk; what met it is then tried once more
 * @param options.clocks the machine's, unless a test has its own
 * @throws DatabaseError where the file is newer than this binary or is not a database
 */
export function openDatabase(dataDir: string, options: Options = {}): Database {
  mkdirSync(dataDir, { recursive: true, mode: 0o750 });
  try {
    return opened(dataDir, options);
  } catch (error) {
    if (!isDiskFull(error) || !options.onFull) throw error;
    options.onFull();
    return opened(dataDir, options);
  }
}

function opened(dataDir: string, options: Options): Database {
  const sqlite = new Sqlite(join(dataDir, "relaypacs.db"), { create: true, strict: true });
  try {
    const db = prepared(sqlite, join(dataDir, "relaypacs.db-wal"), options);
    chainKeys.set(db.orm, chainKeyIn(dataDir, db.transaction));
    return db;
  } catch (error) {
    sqlite.close();
    throw isDamaged(error) ? new DatabaseError(damaged, { cause: error }) : error;
  }
}

const damaged =
  "The file relaypacs.db in the data folder is damaged or is not a database. Restore a backup, or move the file away to start anew: what was not delivered then has to be sent again.";

/** SQLite's own word, also below the one of the library that asked. */
const isDamaged = (error: unknown): boolean =>
  error instanceof Error &&
  (/^SQLITE_(NOTADB|CORRUPT)/.test(String((error as { code?: unknown }).code)) || isDamaged(error.cause));

/** The tables of this version over a file that may be none of a box's own (db/snapshot.ts). */
export const ormOver = (sqlite: Sqlite): Orm => drizzle(sqlite, { schema });

function prepared(sqlite: Sqlite, wal: string, options: Options): Database {
  for (const pragma of [
    "busy_timeout = 10000", // first: what follows can meet a command or a predecessor that is writing
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    // Deleted patient data is overwritten, not only unlinked from the tree (P13).
    "secure_delete = ON",
    "journal_size_limit = 67108864",
  ])
    sqlite.run(`PRAGMA ${pragma}`);
  const folder = migrationsFolder();
  refuseNewerSchema(sqlite, folder);
  const orm = ormOver(sqlite);
  migrate(orm, { migrationsFolder: folder });

  // One handle for all transactions: it keeps nothing of them, and making it takes as long as two queries.
  const tx = orm.transaction((made) => made);
  roots.set(tx, orm);
  const within = sqlite.transaction((work: (tx: Transaction) => unknown) => work(tx));
  const immediate = <T>(work: (tx: Transaction) => T): T => within.immediate(work) as T;
  const transaction = <T>(work: (tx: Transaction) => T): T => {
    try {
      return immediate(work);
    } catch (error) {
      if (!isDiskFull(error) || !options.onFull) throw error;
      options.onFull(); // makes room; the transaction was rolled back whole, so it can run again
      return immediate(work);
    }
  };
  const checkpoint = () => void sqlite.run("PRAGMA wal_checkpoint(TRUNCATE)");
  const log = syncedLog(wal, checkpoint);
  const group = createGroupCommit({
    transaction: (work) => {
      sqlite.run("PRAGMA synchronous = NORMAL"); // no sync at the commit: the log's own follows, before anybody is answered
      try {
        transaction(work);
      } finally {
        sqlite.run("PRAGMA synchronous = FULL");
      }
    },
    sync: log.sync,
  });
  return {
    orm,
    sqlite,
    transaction,
    commit: group.commit,
    settled: group.settled,
    checkpoint,
    clock: startClock(savedMoment(orm), options.clocks),
    close: () => {
      log.close();
      sqlite.close(false);
    },
  };
}

const syncData = promisify(fdatasync);

/**
 * The write-ahead log's sync, beside the event loop. SQLite keeps no lock on that file, so opening it costs none of SQLite's
 * (POSIX drops a process's locks on a file with any close of it).
 */
function syncedLog(path: string, checkpoint: () => void) {
  let fd: number | undefined;
  let failed = false;
  return {
    sync: async (): Promise<void> => {
      // After a failed sync the next one says nothing of what was lost: the pages go into the database itself, synced by SQLite.
      if (failed) checkpoint();
      failed = true;
      fd ??= openSync(path, "r");
      await syncData(fd);
      failed = false;
    },
    close: () => {
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    },
  };
}
