import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase } from "../db/database.ts";
import { insertUser, updateUser } from "../db/users.ts";
import { OpenAnswers } from "./open-answers.ts";

let folder: string;
let db: Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-open-"));
  db = openDatabase(folder);
  for (const id of ["anna", "ben"])
    insertUser(db.orm, { id, username: id, passwordHash: "", role: "clinician", createdAt: 0 });
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});
const aborted = (signal: AbortSignal) =>
  new Promise<unknown>((resolve) => signal.addEventListener("abort", () => resolve(signal.reason)));

test("a disabled account loses what it has open, and nobody else does", async () => {
  const answers = new OpenAnswers(db, 5);
  const { signal: request } = new AbortController();
  const [first, second, other] = ["anna", "anna", "ben"].map((id) => answers.begin(id, request));
  if (!first || !second || !other) throw new Error("unreachable");
  const both = Promise.all([aborted(first.signal), aborted(second.signal)]);
  updateUser(db.orm, "anna", { disabledAt: 1 });
  expect(await both).toMatchObject([{ code: "unauthorized" }, { code: "unauthorized" }]);
  expect(other.signal.aborted).toBe(false);
  for (const it of [first, second, other]) it.done();
});

test("what is over is not looked at, and the request's own end still counts", async () => {
  const answers = new OpenAnswers(db, 5);
  const request = new AbortController();
  const open = answers.begin("anna", request.signal);
  const over = answers.begin("anna", new AbortController().signal);
  over.done();
  const end = aborted(open.signal);
  request.abort("gone");
  expect(await end).toBe("gone");
  open.done();
  const later = answers.begin("ben", new AbortController().signal);
  updateUser(db.orm, "ben", { disabledAt: 1 });
  expect(await aborted(later.signal)).toMatchObject({ code: "unauthorized" });
  expect(over.signal.aborted).toBe(false);
  later.done();
});
