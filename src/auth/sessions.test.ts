import { afterAll, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../db/database.ts";
import { findLiveSession } from "../db/sessions.ts";
import { findUser, insertUser, updateUser } from "../db/users.ts";
import { createSessions, type OpenSession } from "./sessions.ts";

const folder = mkdtempSync(join(tmpdir(), "relaypacs-sessions-"));
const db = openDatabase(folder);
insertUser(db.orm, { id: "u", username: "anna", passwordHash: "", role: "radiographer", createdAt: 0 });
afterAll(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

let time = 1_000_000;
const reused: string[] = [];
const sessions = createSessions({
  db,
  hashKey: new Uint8Array(32),
  now: () => ({ wall: time, box: time }),
  onReuse: ({ id }) => reused.push(id),
});
const minute = 60_000;
let first: OpenSession;
beforeEach(() => {
  reused.length = 0;
  const user = findUser(db.orm, "u");
  if (!user) throw new Error("no user");
  first = sessions.open(user, 12);
});
const refresh = (token: string) => sessions.refresh(token).refreshToken;
const refused = (token: string) => expect(() => sessions.refresh(token)).toThrow("sign-in");
const lives = () => findLiveSession(db.orm, first.sessionId, time) !== undefined;

test("each token is exchanged for another one of the same session", () => {
  const tokens = [first.refreshToken];
  for (let n = 0; n < 5; n++) {
    time += 15 * minute;
    tokens.push(refresh(tokens.at(-1) ?? ""));
  }
  expect(new Set(tokens).size).toBe(6);
  for (const token of tokens) expect(Buffer.from(token, "base64url").length).toBe(32);
  expect(sessions.refresh(tokens.at(-1) ?? "")).toMatchObject({ sessionId: first.sessionId, endsAt: first.endsAt });
});

test("two tabs with the same cookie at once get the same successor, and go on", () => {
  const a = refresh(first.refreshToken);
  time += 9_000;
  expect(refresh(first.refreshToken)).toBe(a);
  time += minute;
  expect(refresh(a)).not.toBe(a);
  expect(reused).toEqual([]);
});

test("an answer that was lost on a bad link costs nobody the session, however long the link was away", () => {
  const lost = refresh(first.refreshToken);
  time += 40 * minute;
  const got = refresh(first.refreshToken);
  expect(got).not.toBe(lost);
  time += 15 * minute;
  expect(refresh(got)).toBeString();
  expect(lives()).toBe(true);
});

test("a token whose successor was used ends the session: everybody's tokens of it are dead", () => {
  const second = refresh(first.refreshToken);
  const third = refresh(second);
  refused(first.refreshToken);
  expect(reused).toEqual([first.sessionId]);
  expect(lives()).toBe(false);
  for (const token of [first.refreshToken, second, third]) refused(token);
  expect(reused.length).toBe(1);
});

test("a thief who refreshes first is found by the owner's next refresh, a thief who comes later by their own or the owner's", () => {
  // The thief has a copy of the first token; the owner refreshes 10 minutes after the thief.
  const thiefs = refresh(first.refreshToken);
  time += 10 * minute;
  const owners = refresh(first.refreshToken);
  time += minute;
  refused(thiefs);
  refused(owners);
  expect(reused).toEqual([first.sessionId]);
});

test("nothing is good after the session's end, the logout or the account's", () => {
  time = first.endsAt - 1;
  const last = refresh(first.refreshToken);
  time = first.endsAt;
  refused(last);

  const user = findUser(db.orm, "u");
  if (!user) throw new Error("no user");
  const other = sessions.open(user, 12);
  expect(sessions.end(other.refreshToken)).toBe(other.sessionId);
  refused(other.refreshToken);
  expect(sessions.end("nonsense")).toBeUndefined();

  const third = sessions.open(user, 12);
  updateUser(db.orm, "u", { disabledAt: time });
  refused(third.refreshToken);
  updateUser(db.orm, "u", { disabledAt: null });
  for (const token of ["", "nonsense", third.sessionId]) refused(token);
  expect(reused).toEqual([]);
});

test("no token is in the database file", () => {
  const next = refresh(first.refreshToken);
  for (const name of ["relaypacs.db", "relaypacs.db-wal"])
    for (const token of [first.refreshToken, next])
      expect(readFileSync(join(folder, name)).includes(token)).toBe(false);
});
