import { randomUUID } from "node:crypto";
import { type Role, roles } from "../contract/permissions.ts";
import { RelayError } from "../core/errors.ts";
import type { Database } from "../db/database.ts";
import { revokeSessionsOf } from "../db/sessions.ts";
import { allUsers, findUserByName, insertUser, type UserRow, updateUser } from "../db/users.ts";

/** RELIABILITY T2: 63 ms a hash on this class of machine. */
const argon2id = { algorithm: "argon2id", memoryCost: 19456, timeCost: 2 } as const;
const shortestPassword = 8;
const longestPassword = 1024;

/** Names are compared in lower case, so that "Anna" and "anna" are one person. */
export const normalizeUsername = (username: string) => username.normalize("NFC").trim().toLowerCase();

const invalid = (path: string, message: string) =>
  new RelayError("invalid_request", `${message}.`, { errors: [{ path, message }] });

export async function hashPassword(password: string): Promise<string> {
  if (password.length < shortestPassword)
    throw invalid("password", `The password must have at least ${shortestPassword} characters`);
  if (password.length > longestPassword)
    throw invalid("password", `The password must have at most ${longestPassword} characters`);
  return Bun.password.hash(password, argon2id);
}

/** @throws RelayError invalid_request: bad name, unknown role, short password, name taken */
export async function addUser(
  db: Database,
  account: { username: string; role: string; password: string },
): Promise<{ id: string }> {
  const username = normalizeUsername(account.username);
  if (!/^[\p{L}\p{N}._@+-]{1,64}$/u.test(username))
    throw invalid("username", "A user name has 1 to 64 letters, digits or . _ @ + -");
  if (!roles.includes(account.role as Role)) throw invalid("role", `The role must be one of ${roles.join(", ")}`);
  const passwordHash = await hashPassword(account.password);
  const id = randomUUID();
  db.transaction((tx) => {
    if (findUserByName(tx, username)) throw invalid("username", "There is a user of that name already");
    insertUser(tx, { id, username, passwordHash, role: account.role as Role, createdAt: Date.now() });
  });
  return { id };
}

export const listUsers = (db: Database) =>
  allUsers(db.orm).map((row) => ({
    id: row.id,
    username: row.username,
    role: row.role,
    created_at: new Date(row.createdAt).toISOString(),
    disabled_at: row.disabledAt === null ? null : new Date(row.disabledAt).toISOString(),
  }));

/** Takes effect with the next request of that user, upload tokens included. */
export function disableUser(db: Database, username: string): void {
  const { id } = requireUser(db, username);
  db.transaction((tx) => {
    updateUser(tx, id, { disabledAt: Date.now() });
    revokeSessionsOf(tx, id, Date.now());
  });
}

export async function resetPassword(db: Database, username: string, password: string): Promise<void> {
  const { id } = requireUser(db, username);
  const passwordHash = await hashPassword(password);
  db.transaction((tx) => {
    updateUser(tx, id, { passwordHash });
    revokeSessionsOf(tx, id, Date.now()); // whoever knew the old one is out
  });
}

function requireUser(db: Database, username: string): UserRow {
  const row = findUserByName(db.orm, normalizeUsername(username));
  if (!row) throw new RelayError("not_found", "There is no user of that name.");
  return row;
}

/** A hash of nothing anyone knows: an unknown name costs the same time as a wrong password (T3). */
let dummyHash: Promise<string> | undefined;
/** Argon2 takes memory: at most four at once (T2). */
let running = 0;
const queue: (() => void)[] = [];

/** @returns the user, or undefined where name or password is wrong or the account is disabled */
export async function checkPassword(db: Database, username: string, password: string): Promise<UserRow | undefined> {
  const row = findUserByName(db.orm, normalizeUsername(username));
  dummyHash ??= Bun.password.hash(randomUUID(), argon2id);
  while (running >= 4) await new Promise<void>((resolve) => queue.push(resolve));
  running += 1;
  try {
    const hash = row?.passwordHash ?? (await dummyHash);
    const right = await Bun.password.verify(password.slice(0, longestPassword + 1), hash);
    return right && row && row.disabledAt === null ? row : undefined;
  } finally {
    running -= 1;
    queue.shift()?.();
  }
}
