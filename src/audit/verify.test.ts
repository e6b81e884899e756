import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { auditHead, listAudit } from "../db/audit.ts";
import { type Database, openDatabase } from "../db/database.ts";
import { record, theBox } from "./record.ts";
import { verifyChain } from "./verify.ts";

let folder: string;
let db: Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-audit-"));
  db = openDatabase(folder);
  db.transaction((tx) => {
    for (let at = 0; at < 1200; at++)
      record(tx, { by: theBox, event: "upload.purged", uploadId: `u${at}`, details: { files: at } });
  });
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What somebody with the database file can do: drop the triggers first. */
function tamper(sql: string): void {
  for (const name of ["audit_appends_only", "audit_never_changes", "audit_never_shrinks"])
    db.sqlite.run(`DROP TRIGGER IF EXISTS ${name}`);
  db.sqlite.run(sql);
}

test("an untouched audit holds, over several pages", async () => {
  expect(await verifyChain(db)).toMatchObject({ rows: 1200, head: auditHead(db.orm), broken: null });
});

const all = "at, actor_id, actor_name, address, event, upload_id, study, result, details, previous, hash";
test.each([
  "UPDATE audit SET result = 'failure' WHERE seq = 7",
  "DELETE FROM audit WHERE seq = 7",
  `REPLACE INTO audit SELECT 7, ${all} FROM audit WHERE seq = 8`,
  `INSERT INTO audit SELECT 1202, ${all} FROM audit WHERE seq = 8`,
])("the database itself refuses: %s", (sql) => {
  expect(() => db.sqlite.run(sql)).toThrow("append-only");
});

test("T27: a change in any column is found", async () => {
  const table = db.sqlite.query("PRAGMA table_info(audit)").all() as { name: string }[];
  const columns = table.map(({ name }) => name).filter((name) => name !== "seq");
  expect(columns).toContain("details");
  for (const column of columns) {
    db.sqlite.run("SAVEPOINT untouched");
    tamper(`UPDATE audit SET ${column} = '1' WHERE seq = 700`);
    expect({ column, ...(await verifyChain(db)) }).toMatchObject({ column, broken: { seq: 700, fault: "changed" } });
    db.sqlite.run("ROLLBACK TO untouched");
  }
});

test.each([
  ["a removed row", "DELETE FROM audit WHERE seq = 600", { seq: 600, fault: "missing" }],
  ["a removed beginning", "DELETE FROM audit WHERE seq < 4", { seq: 1, fault: "missing" }],
  ["everything removed but the end", "DELETE FROM audit WHERE seq < 1200", { seq: 1, fault: "missing" }],
  [
    "a row put in at the end",
    `INSERT INTO audit SELECT 1201, ${all} FROM audit WHERE seq = 5`,
    { seq: 1201, fault: "changed" },
  ],
  [
    "a row put in before the first",
    `INSERT INTO audit SELECT 0, ${all} FROM audit WHERE seq = 5`,
    { seq: 0, fault: "changed" },
  ],
  [
    "a removed row, the others moved up",
    "DELETE FROM audit WHERE seq = 5; UPDATE audit SET seq = seq - 1 WHERE seq > 5",
    { seq: 5, fault: "changed" },
  ],
  [
    "two rows in each other's place",
    "UPDATE audit SET seq = -1 WHERE seq = 8; UPDATE audit SET seq = 8 WHERE seq = 9; UPDATE audit SET seq = 9 WHERE seq = -1",
    { seq: 8, fault: "changed" },
  ],
] as const)("%s is found", async (_, sql, broken) => {
  tamper(sql);
  expect((await verifyChain(db)).broken).toEqual(broken);
});

test("a cut tail is found against an end that was shown before, and only so", async () => {
  const known = auditHead(db.orm);
  tamper("DELETE FROM audit WHERE seq > 1100");
  expect((await verifyChain(db)).broken).toBeNull();
  expect((await verifyChain(db, known)).broken).toEqual({ seq: 1101, fault: "cut" });
  for (let at = 0; at < 150; at++) db.transaction((tx) => record(tx, { by: theBox, event: "app.started" }));
  expect((await verifyChain(db, known)).broken).toEqual({ seq: 1200, fault: "changed" });
});

test("an audit written under another key does not pass", async () => {
  db.close();
  rmSync(join(folder, "keys", "audit.key"));
  db = openDatabase(folder);
  expect((await verifyChain(db)).broken).toEqual({ seq: 1, fault: "changed" });
  expect(statSync(join(folder, "keys", "audit.key")).mode & 0o777).toBe(0o600);
});

test("two processes add to one chain", async () => {
  const other = openDatabase(folder);
  for (const one of [db, other, db, other]) one.transaction((tx) => record(tx, { by: theBox, event: "app.started" }));
  other.close();
  expect(await verifyChain(db)).toMatchObject({ rows: 1204, broken: null });
});

test("a deed that is rolled back leaves no row", () => {
  const before = auditHead(db.orm);
  expect(() =>
    db.transaction((tx) => {
      record(tx, { by: theBox, event: "app.started" });
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(auditHead(db.orm)).toEqual(before);
});

test("of a study only a pseudonym is written, of a reason only its mark, and the words stay beside the chain", async () => {
  const reason = { text: "wrong patient DOE^JANE", box: 5 };
  const details = { code: "DOE^JANE", destination_id: "1.2.840.1" };
  db.transaction((tx) =>
    record(tx, { by: theBox, event: "study.rejected", studyInstanceUID: "1.2.840.99", details, reason }),
  );
  const [row] = listAudit(db.orm, { limit: 1 });
  expect(row?.study).toMatch(/^[0-9a-f]{32}$/);
  expect(row?.reason).toBe(reason.text);
  expect(JSON.parse(row?.details ?? "")).toEqual({ reason_mac: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(JSON.stringify({ ...row, reason: null })).not.toMatch(/DOE|1\.2\.840/);
});
