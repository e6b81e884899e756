import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase } from "../db/database.ts";
import { findUserByName, updateUser } from "../db/users.ts";
import { addUser, checkPassword } from "./accounts.ts";

let folder: string;
let db: Database;
const password = "correct horse battery";
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-accounts-"));
  db = openDatabase(folder);
  await addUser(db, { username: "anna", role: "radiographer", password });
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});
const hashOf = () => findUserByName(db.orm, "anna")?.passwordHash ?? "";

test("a hash with older parameters is made anew at the next sign-in, and not for a wrong password", async () => {
  const weak = await Bun.password.hash(password, { algorithm: "argon2id", memoryCost: 1024, timeCost: 1 });
  updateUser(db.orm, findUserByName(db.orm, "anna")?.id ?? "", { passwordHash: weak });
  expect(await checkPassword(db, "anna", "wrong")).toBeUndefined();
  expect(hashOf()).toBe(weak);
  expect(await checkPassword(db, "anna", password)).toBeDefined();
  expect(hashOf()).toStartWith("$argon2id$v=19$m=19456,t=2,p=1$");
  const today = hashOf();
  expect(await checkPassword(db, "anna", password)).toBeDefined();
  expect(hashOf()).toBe(today);
});

test("an unknown name is verified as a wrong password is (T3)", async () => {
  const verify = Bun.password.verify;
  const hashes: unknown[] = [];
  Bun.password.verify = (secret, hash) => {
    hashes.push(hash);
    return verify(secret, hash);
  };
  try {
    expect(await checkPassword(db, "nobody", password)).toBeUndefined();
    expect(await checkPassword(db, "anna", "wrong")).toBeUndefined();
  } finally {
    Bun.password.verify = verify;
  }
  expect(hashes.map((hash) => String(hash).split("$").slice(0, 4))).toEqual([
    ["", "argon2id", "v=19", "m=19456,t=2,p=1"],
    ["", "argon2id", "v=19", "m=19456,t=2,p=1"],
  ]);
});

test("500 sign-ins at once: four are hashed at a time (T2)", async () => {
  const verify = Bun.password.verify;
  let [running, most] = [0, 0];
  Bun.password.verify = async () => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    return false;
  };
  try {
    await Promise.all(Array.from({ length: 500 }, (_, n) => checkPassword(db, `name ${n}`, "wrong")));
  } finally {
    Bun.password.verify = verify;
  }
  expect(most).toBe(4);
});
