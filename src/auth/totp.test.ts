import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret, TOTP } from "otpauth";
import { theBox } from "../audit/record.ts";
import { type Database, openDatabase } from "../db/database.ts";
import { findUser, insertUser, type UserRow } from "../db/users.ts";
import { createTotp, mustEnroll, resetTotp, type SecondFactor, type Totp } from "./totp.ts";

let folder: string;
let db: Database;
let time: number;
let totp: Totp;
let codes: string[];
let secret: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-totp-"));
  db = openDatabase(folder);
  for (const id of ["u", "v"]) insertUser(db.orm, { id, username: id, passwordHash: "", role: "admin", createdAt: 0 });
  time = 1_700_000_010_000;
  totp = createTotp({ db, hashKey: new Uint8Array(32), wall: () => time });
  secret = totp.enroll(user(), "Ward").secret;
  codes = totp.confirm(user(), "", codeAt(0), theBox);
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});
function user(id = "u"): UserRow {
  const row = findUser(db.orm, id);
  if (!row) throw new Error("no user");
  return row;
}
const check = (row: UserRow, shown: SecondFactor) => totp.check(row, shown, theBox);
/** The code so many steps from now. */
const codeAt = (steps: number) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: time + steps * 30_000 });

test("a code counts once: not the one that confirmed, nor one before it (T7)", () => {
  expect(check(user(), { totp: codeAt(0) })).toBe(false);
  expect(check(user(), { totp: codeAt(-1) })).toBe(false);
  time += 60_000;
  const row = user(); // two at once, on what both have read
  expect([check(row, { totp: codeAt(0) }), check(row, { totp: codeAt(0) })]).toEqual([true, false]);
});

test("one step before and after now, and no more", () => {
  time += 10 * 30_000;
  expect([-2, 2].map((steps) => check(user(), { totp: codeAt(steps) }))).toEqual([false, false]);
  expect([-1, 0, 1].map((steps) => check(user(), { totp: codeAt(steps) }))).toEqual([true, true, true]);
});

test.each(["", "12345", "1234567", "abcdef", "000 00"])("%p is no code", (text) => {
  time += 300_000;
  expect(check(user(), { totp: text })).toBe(false);
});

test("codes may be typed in groups", () => {
  time += 60_000;
  const text = codeAt(0);
  expect(check(user(), { totp: `${text.slice(0, 3)} ${text.slice(3)}` })).toBe(true);
});

test("ten recovery codes, each once, for their own account alone, however they are typed", () => {
  expect(new Set(codes).size).toBe(10);
  const [first = "", second = "", third = ""] = codes;
  expect(check(user("v"), { recoveryCode: first })).toBe(false);
  expect(check(user(), { recoveryCode: "AAAA-BBBB-CCCC-DDDD" })).toBe(false);
  expect(check(user(), { recoveryCode: first })).toBe(true);
  expect(check(user(), { recoveryCode: first })).toBe(false);
  expect(check(user(), { recoveryCode: second.toLowerCase().replaceAll("-", " ") })).toBe(true);
  resetTotp(db, user(), theBox);
  expect(check(user(), { recoveryCode: third })).toBe(false);
});

test("neither secret nor recovery codes can be read in the database", () => {
  const rows = JSON.stringify([
    db.sqlite.query("SELECT * FROM user").all(),
    db.sqlite.query("SELECT * FROM recovery_code").all(),
  ]);
  for (const text of [secret, ...codes]) expect(rows).not.toContain(text);
});

test("a secret of another account does not open", () => {
  expect(() => check({ ...user("v"), totpSecret: user().totpSecret }, { totp: codeAt(5) })).toThrow();
});

test("set up once; only what was confirmed counts; a reset asks for it anew", () => {
  expect(() => totp.enroll(user(), "Ward")).toThrow("second factor");
  totp.enroll(user("v"), "Ward");
  expect(() => totp.confirm(user("v"), "", "000000", theBox)).toThrow("code");
  expect(mustEnroll(user("v"), ["admin"])).toBe(true);
  expect(mustEnroll(user("v"), ["clinician"])).toBe(false);
  expect(mustEnroll(user(), ["admin"])).toBe(false);
  resetTotp(db, user(), theBox);
  expect(mustEnroll(user(), ["admin"])).toBe(true);
});
