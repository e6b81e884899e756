import { createHash } from "node:crypto";
import { record } from "../audit/record.ts";
import { RelayError } from "../core/errors.ts";
import type { Database, Transaction } from "../db/database.ts";
import { hasAdmin, isSetupCode, saveSetupCode, takeSetupCode } from "../db/setup-codes.ts";
import { findUser, type UserRow } from "../db/users.ts";
import { addUser } from "./accounts.ts";
import { bareCode, newCode } from "./codes.ts";

/** RELIABILITY T29. */
const goodForMinutes = 30;

/** 80 bits nobody guesses: a plain hash is enough, and the command line needs no key. */
const hashOf = (code: string) => createHash("sha256").update(bareCode(code)).digest("hex");

/** Whether there is no administrator yet; once there is one it stays so, and the database is not asked again. */
export function createSetupState(db: Database): () => boolean {
  let over = false;
  return () => {
    over ||= hasAdmin(db.orm);
    return !over;
  };
}

/** A fresh code, the one before being void; undefined where there is an administrator already. */
export function freshSetupCode(db: Database): string | undefined {
  const code = newCode();
  return db.transaction((tx) => {
    if (hasAdmin(tx)) return undefined;
    saveSetupCode(tx, hashOf(code), db.clock.now().box + goodForMinutes * 60_000);
    return code;
  });
}

/** The same for a person who asks. @throws RelayError not_found where there is an administrator already */
export function makeSetupCode(db: Database): string {
  const code = freshSetupCode(db);
  if (code === undefined) throw new RelayError("not_found", "This box is set up: there is an administrator already.");
  return code;
}

/**
 * The first administrator. Of two at once one wins, for the code goes with the account.
 * @throws RelayError not_found (set up already), setup_code_invalid, and what addUser throws
 */
export async function setUp(
  db: Database,
  asked: { code: string; username: string; password: string },
  address: string | null = null,
): Promise<UserRow> {
  const hash = hashOf(asked.code);
  if (hasAdmin(db.orm)) throw new RelayError("not_found");
  // Before the password is hashed: whoever has no code costs nothing.
  if (!isSetupCode(db.orm, hash, db.clock.now().box)) throw new RelayError("setup_code_invalid");
  const { username, password } = asked;
  const by = { id: null, name: "set-up", address };
  const takeCode = (tx: Transaction) => {
    if (hasAdmin(tx)) throw new RelayError("not_found");
    if (!takeSetupCode(tx, hash, db.clock.now().box)) throw new RelayError("setup_code_invalid");
    record(tx, { by, event: "auth.set_up" });
  };
  const { id } = await addUser(db, { username, password, role: "admin" }, takeCode, by);
  const user = findUser(db.orm, id);
  if (!user) throw new RelayError("not_found");
  return user;
}
