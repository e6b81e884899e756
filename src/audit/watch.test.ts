import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase } from "../db/database.ts";
import { record, theBox } from "./record.ts";
import { watchAudit } from "./watch.ts";

let folder: string;
let db: Database;
let time = 0;
const add = (count: number) =>
  db.transaction((tx) => {
    for (let at = 0; at < count; at++) record(tx, { by: theBox, event: "upload.purged" });
  });
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-watch-"));
  db = openDatabase(folder);
  add(10);
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});
function tamper(sql: string): void {
  for (const name of ["audit_appends_only", "audit_never_changes", "audit_never_shrinks"])
    db.sqlite.run(`DROP TRIGGER IF EXISTS ${name}`);
  db.sqlite.run(sql);
}

test("what came since is looked at every time, the rest again after a minute", async () => {
  const look = watchAudit(db, () => time);
  expect(await look()).toMatchObject({ rows: 10, broken: null });
  add(5);
  expect(await look()).toMatchObject({ rows: 15, broken: null });
  tamper("UPDATE audit SET address = 'x' WHERE seq = 3");
  add(1);
  expect((await look()).broken).toBeNull();
  time += 60_001;
  expect((await look()).broken).toEqual({ seq: 3, fault: "changed" });
  expect((await look()).broken).toEqual({ seq: 3, fault: "changed" });
});

test("a tail that is cut while it watches is told at once, and stays told", async () => {
  const look = watchAudit(db, () => time);
  await look();
  tamper("DELETE FROM audit WHERE seq > 7");
  expect((await look()).broken).toEqual({ seq: 8, fault: "cut" });
  expect((await look()).broken).toEqual({ seq: 8, fault: "cut" });
});

test("who asks at once is answered by one look", async () => {
  const look = watchAudit(db, () => time);
  const [one, other] = [look(), look()];
  expect(one).toBe(other);
  await one;
});
