import { Database as Sqlite } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseError, openDatabase } from "./database.ts";

const folder = mkdtempSync(join(tmpdir(), "relaypacs-db-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a new folder gets the schema, WAL, full sync and foreign keys", () => {
  const db = openDatabase(folder);
  const pragma = (name: string) => Object.values(db.sqlite.query(`PRAGMA ${name}`).get() as object)[0];
  expect(pragma("journal_mode")).toBe("wal");
  expect(pragma("synchronous")).toBe(2);
  expect(pragma("foreign_keys")).toBe(1);
  expect(pragma("secure_delete")).toBe(1);
  db.close();
});

test("a database of a newer version is refused in words, and left as it is", () => {
  const db = openDatabase(folder);
  db.sqlite.run("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('future', 99999999999999)");
  db.close();
  expect(() => openDatabase(folder)).toThrow("newer version");
});

test.each([
  ["text", Buffer.from("this is no database\n".repeat(1000))],
  ["a damaged header page", Buffer.concat([Buffer.from("SQLite format 3\0"), Buffer.alloc(8192, 0xff)])],
])("a file of %s is refused in words, and left as it is", (name, bytes) => {
  const other = join(folder, name);
  mkdirSync(other);
  const file = join(other, "relaypacs.db");
  writeFileSync(file, bytes);
  expect(() => openDatabase(other)).toThrow(DatabaseError);
  expect(() => openDatabase(other)).toThrow(/damaged or is not a database/);
  expect(readFileSync(file).equals(bytes)).toBe(true);
});

test("opening waits for a command that is just writing", async () => {
  const other = join(folder, "busy");
  mkdirSync(other);
  const writer = new Sqlite(join(other, "relaypacs.db"), { create: true });
  writer.run("BEGIN EXCLUSIVE");
  const module = join(import.meta.dir, "database.ts");
  const script = `console.log("opening"); (await import(${JSON.stringify(module)})).openDatabase(${JSON.stringify(other)}).close();`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "pipe" });
  try {
    await waitsOrEnds(child);
    expect(child.exitCode).toBeNull();
  } finally {
    writer.run("ROLLBACK");
    writer.close();
  }
  expect([await child.exited, await new Response(child.stderr).text()]).toEqual([0, ""]);
});

/** Resolves when the child has opened the database's file and slept a few times since, or is gone. */
async function waitsOrEnds(child: { readonly pid: number; readonly exitCode: number | null }): Promise<void> {
  const opened = () =>
    readdirSync(`/proc/${child.pid}/fd`).some((fd) => linkOf(child.pid, fd).endsWith("relaypacs.db"));
  const sleeps = () =>
    Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]);
  let from: number | undefined;
  while (child.exitCode === null) {
    if (from === undefined && opened()) from = sleeps();
    if (from !== undefined && sleeps() > from + 5) return;
    await Bun.sleep(5);
  }
}

function linkOf(pid: number, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return ""; // closed meanwhile
  }
}
