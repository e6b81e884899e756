import { Database } from "bun:sqlite";
import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dir, "../../migrations");
const journal = JSON.parse(readFileSync(join(folder, "meta/_journal.json"), "utf8")) as {
  entries: { tag: string; when: number }[];
};
/** How many states the tables have had: one with each migration. */
export const schemas = journal.entries.length;

interface Column {
  readonly name: string;
  readonly notnull: number;
  readonly dflt_value: unknown;
  readonly type: string;
}

/**
 * Writes a database as a version wrote it that knew only the first so many migrations, with what a present one holds of its tables.
 * @param padding so many more uploads that ended long ago: they make the migrations of `upload` last
 */
export function writeOlder(present: string, older: string, known: number, padding: number): void {
  for (const end of ["", "-wal", "-shm"]) rmSync(older + end, { force: true });
  const db = new Database(older, { create: true });
  try {
    db.run("PRAGMA journal_mode = WAL");
    db.run("CREATE TABLE __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)");
    const triggers: string[] = [];
    for (const { tag, when } of journal.entries.slice(0, known)) {
      const text = readFileSync(join(folder, `${tag}.sql`), "utf8");
      for (const statement of text.split("--> statement-breakpoint")) {
        // Triggers keep the audit as it is: they come when its rows are there.
        if (/CREATE TRIGGER/.test(statement)) triggers.push(statement);
        else db.run(statement);
      }
      const hash = createHash("sha256").update(text).digest("hex");
      db.run("INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)", [hash, when]);
    }
    db.run("ATTACH ? AS present", [present]);
    db.run("BEGIN");
    const tables = (
      db.query("SELECT name FROM main.sqlite_master WHERE type = 'table'").all() as { name: string }[]
    ).filter(({ name }) => !name.startsWith("__drizzle") && !name.startsWith("sqlite_"));
    for (const { name } of tables) copyTable(db, name);
    if (padding > 0) pad(db, padding);
    db.run("COMMIT");
    for (const trigger of triggers) db.run(trigger);
    db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    db.close();
  }
}

const columnsOf = (db: Database, schema: string, table: string) =>
  db.query(`PRAGMA ${schema}.table_info(${table})`).all() as Column[];

/** A column that only the older table has gets nothing, or what stands for it where there must be something. */
function copyTable(db: Database, table: string): void {
  const there = new Set(columnsOf(db, "present", table).map(({ name }) => name));
  const columns = columnsOf(db, "main", table).filter(
    ({ name, notnull, dflt_value }) => there.has(name) || (notnull === 1 && dflt_value === null),
  );
  const into = columns.map(({ name }) => `"${name}"`).join(", ");
  const from = columns.map(({ name, type }) => (there.has(name) ? `"${name}"` : type === "integer" ? "0" : "''"));
  db.run(`INSERT OR REPLACE INTO main."${table}" (${into}) SELECT ${from.join(", ")} FROM present."${table}"`);
}

function pad(db: Database, count: number): void {
  const columns = columnsOf(db, "main", "upload").map(({ name }) => name);
  const values = columns.map((name) =>
    name === "id" ? "id || '-' || n" : name === "state" ? "'expired'" : `"${name}"`,
  );
  db.run(`WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${count})
    INSERT INTO upload (${columns.map((name) => `"${name}"`).join(", ")})
    SELECT ${values.join(", ")} FROM c, (SELECT * FROM upload WHERE state = 'delivered' LIMIT 1)`);
}
