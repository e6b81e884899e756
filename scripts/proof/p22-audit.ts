import { Database } from "bun:sqlite";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run as relaypacs } from "../../test/cli/binary.ts";
import { madeStudy } from "../../test/faults/made-study.ts";
import { seeded } from "../../test/faults/random.ts";
import { startBox } from "../../test/support/box.ts";
import { type Outcome, share } from "./promise.ts";

const seed = 20260422;
const uploads = 30;

/** What somebody who can write the file may do to it at a row, never the last one. */
interface Place {
  readonly at: number;
  readonly column: string;
}
type Tampering = (db: Database, place: Place) => void;
const kinds: Readonly<Record<string, Tampering>> = {
  edited: (db, { at, column }) =>
    db.run(`UPDATE audit SET ${column} = coalesce(${column}, '') || '1' WHERE seq = ?`, [at]),
  deleted: (db, { at }) => db.run("DELETE FROM audit WHERE seq = ?", [at]),
  "deleted and moved up": (db, { at }) => {
    db.run("DELETE FROM audit WHERE seq = ?", [at]);
    // By way of negative numbers: no two rows may have one number meanwhile.
    db.run("UPDATE audit SET seq = -seq WHERE seq > ?", [at]);
    db.run("UPDATE audit SET seq = -seq - 1 WHERE seq < 0");
  },
  reordered: (db, { at }) => {
    db.run("UPDATE audit SET seq = -1 WHERE seq = ?", [at]);
    db.run("UPDATE audit SET seq = ? WHERE seq = ?", [at, at + 1]);
    db.run("UPDATE audit SET seq = ? WHERE seq = -1", [at + 1]);
  },
  cut: (db, { at }) => db.run("DELETE FROM audit WHERE seq > ?", [at]),
};

export interface AuditTampering {
  readonly tried: Readonly<Record<string, number>>;
  readonly found: number;
  readonly all: number;
  /** Whether the untouched copy held, before and after. */
  readonly holds: boolean;
}

/** A box writes its audit; copies of it are tampered with, one deed each, and verified against the head that was exported. */
export async function auditTampering(count: number): Promise<AuditTampering> {
  const random = seeded(seed);
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-audit-proof-"));
  const [source, copy] = [join(folder, "source"), join(folder, "copy")];
  const config = join(folder, "copy.toml");
  const head = join(folder, "head.jsonl");
  writeFileSync(config, `data_dir = "${copy}"\n`);
  try {
    await writeAudit(source, head);
    const { last, columns } = contents(source);
    const verify = async (tamper?: (db: Database) => void): Promise<boolean> => {
      rmSync(copy, { recursive: true, force: true });
      cpSync(source, copy, { recursive: true });
      if (tamper !== undefined) tampered(copy, tamper);
      const { code, stdout } = await relaypacs(["audit", "verify", "--head", head, "--json", "--config", config]);
      return code === 0 && JSON.parse(stdout).broken === null;
    };
    const held = await verify();
    const names = Object.keys(kinds);
    const tried: Record<string, number> = Object.fromEntries(names.map((name) => [name, 0]));
    let found = 0;
    for (let round = 0; round < count; round++) {
      const kind = names[round % names.length] ?? "edited";
      const at = 1 + Math.floor(random() * (last - 1));
      const column = columns[Math.floor(random() * columns.length)] ?? "at";
      if (!(await verify((db) => kinds[kind]?.(db, { at, column })))) found += 1;
      tried[kind] = (tried[kind] ?? 0) + 1;
    }
    return { tried, found, all: count, holds: held && (await verify()) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Keeps the database and the audit's key of a box that has done something, and the head it exported. */
async function writeAudit(target: string, head: string): Promise<void> {
  const box = await startBox(`[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`);
  try {
    const client = await box.client();
    for (let round = 0; round < uploads; round++) await client.send(madeStudy(1).files);
    await box.terminate();
    const exported = await relaypacs(["audit", "export", "--config", box.configFile]);
    writeFileSync(head, exported.stdout);
    mkdirSync(target);
    for (const name of ["relaypacs.db", "keys"])
      cpSync(join(box.dataDir, name), join(target, name), { recursive: true });
  } finally {
    await box.stop();
  }
}

function tampered(dataDir: string, tamper: (db: Database) => void): void {
  const db = new Database(join(dataDir, "relaypacs.db"));
  try {
    for (const { name } of db.query("SELECT name FROM sqlite_master WHERE type = 'trigger'").all() as {
      name: string;
    }[])
      db.run(`DROP TRIGGER ${name}`);
    tamper(db);
  } finally {
    db.close();
  }
}

/** Its last row and the columns that can be changed in each. */
function contents(dataDir: string): { readonly last: number; readonly columns: readonly string[] } {
  const db = new Database(join(dataDir, "relaypacs.db"));
  try {
    const { last } = db.query("SELECT max(seq) AS last FROM audit").get() as { last: number };
    const table = db.query("PRAGMA table_info(audit)").all() as { name: string }[];
    return { last, columns: table.map(({ name }) => name).filter((name) => name !== "seq") };
  } finally {
    db.close();
  }
}

export async function run(scale: number): Promise<Outcome> {
  const { tried, found, all, holds } = await auditTampering(Math.max(share(200, scale), Object.keys(kinds).length));
  const counts = Object.entries(tried).map(([kind, count]) => `${count} ${kind}`);
  return {
    promise: "P22",
    what: "the audit is tamper-evident (one row edited, deleted, reordered; the tail cut, against an exported head)",
    target: "100 % found",
    measured: `${found} of ${all} found (${counts.join(", ")}; seed ${seed}); the untouched one ${holds ? "holds" : "does NOT hold"}`,
    passed: holds && found === all,
  };
}
