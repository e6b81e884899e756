import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "./database.ts";

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
