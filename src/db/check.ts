import { Database as Sqlite } from "bun:sqlite";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** SQLite's own look at every page, beside a running box. undefined: it is whole. */
export function checkDatabase(dataDir: string): "missing" | "damaged" | undefined {
  const path = join(dataDir, "relaypacs.db");
  if (!existsSync(path)) return "missing";
  try {
    const sqlite = new Sqlite(path, { create: false, readwrite: true });
    try {
      sqlite.run("PRAGMA busy_timeout = 10000");
      const [row] = sqlite.query("PRAGMA quick_check(1)").values();
      return row?.[0] === "ok" ? undefined : "damaged";
    } finally {
      sqlite.close();
    }
  } catch {
    return "damaged";
  }
}
