import { randomUUID } from "node:crypto";
import { type Actor, record, theConsole } from "../audit/record.ts";
import { type Role, roles } from "../contract/permissions.ts";
import { RelayError } from "../core/errors.ts";
import type { Database, Transaction } from "../db/database.ts";
import { revokeSessionsOf } from "../db/sessions.ts";
import { allUsers, findUser, findUserByName, insertUser, type UserRow, updateUser } from "../db/users.ts";
import { hashSecret, isOutdated, verifySecret } from "./hashing.ts";
import { requireGoodPassword } from "./password-rules.ts";

/** Names are compared in lower case, so that "Anna" and "anna" are one person. */
export const normalizeUsername = (username: string) => username.normalize("NFC").trim().toLowerCase();

const invalid = (path: string, message: string) =>
  new RelayError("invalid_request", `${message}.`, { errors: [{ path, message }] });

/** @throws RelayError password_unfit */
export function hashPassword(password: string, username: string): Promise<string> {
  requireGoodPassword(password, username);
  return hashSecret(password);
}

/**
 * @param before runs in the same transaction; what it throws leaves no account
 * @throws RelayError invalid_request (bad name, unknown role, name taken), password_unfit
 */
export async function addUser(
  db: Database,
  account: { username: string; role: string; password: string },
  before: (tx: Transaction) => void = () => {},
  by: Actor = theConsole(),
): Promise<{ id: string }> {
  const username = normalizeUsername(account.username);
  if (!/^[\p{L}\p{N}._@+-]{1,64}$/u.test(username))
    throw invalid("username", "A user name has 1 to 64 letters, digits or . _ @ + -");
  if (!roles.includes(account.role as Role)) throw invalid("role", `The role must be one of ${roles.join(", ")}`);
  const passwordHash = await hashPassword(account.password, username);
  const id = randomUUID();
  db.transaction((tx) => {
    before(tx);
    if (findUserByName(tx, username)) throw invalid("username", "There is a user of that name already");
    insertUser(tx, { id, username, passwordHash, role: account.role as Role, createdAt: Date.now() });
    record(tx, { by, event: "user.added", details: { user_id: id, role: account.role } });
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
    totp_enabled: row.totpSecret !== null,
  }));

/**
 * What an administrator changes of somebody else's account. Disabling ends it at once, as `disableUser` does; a role holds
 * from the next request on.
 */
export function changeUser(
  db: Database,
  id: string,
  change: { role?: Role | undefined; disabled?: boolean | undefined },
  by: Actor,
): void {
  db.transaction((tx) => {
    const before = findUser(tx, id);
    if (!before) throw new RelayError("not_found");
    const tell = (event: "user.role_set" | "user.disabled" | "user.enabled", role: Role | null = null) =>
      record(tx, { by, event, details: { user_id: id, ...(role === null ? {} : { role }) } });
    if (change.role !== undefined && change.role !== before.role) {
      updateUser(tx, id, { role: change.role });
      tell("user.role_set", change.role);
    }
    if (change.disabled === undefined || change.disabled === (before.disabledAt !== null)) return;
    updateUser(tx, id, { disabledAt: change.disabled ? Date.now() : null });
    if (change.disabled) revokeSessionsOf(tx, id, Date.now());
    tell(change.disabled ? "user.disabled" : "user.enabled");
  });
}

/** Takes effect with the next request of that user, upload tokens included. */
export function disableUser(db: Database, username: string, by: Actor = theConsole()): void {
  const { id } = requireUser(db, username);
  db.transaction((tx) => {
    updateUser(tx, id, { disabledAt: Date.now() });
    revokeSessionsOf(tx, id, Date.now());
    record(tx, { by, event: "user.disabled", details: { user_id: id } });
  });
}

export async function resetPassword(
  db: Database,
  username: string,
  password: string,
  by: Actor = theConsole(),
): Promise<void> {
  const { id, username: name } = requireUser(db, username);
  const passwordHash = await hashPassword(password, name);
  db.transaction((tx) => {
    updateUser(tx, id, { passwordHash });
    revokeSessionsOf(tx, id, Date.now()); // whoever knew the old one is out
    record(tx, { by, event: "user.password_set", details: { user_id: id } });
  });
}

export function requireUser(db: Database, username: string): UserRow {
  const row = findUserByName(db.orm, normalizeUsername(username));
  if (!row) throw new RelayError("not_found", "There is no user of that name.");
  return row;
}

/** A hash of nothing anyone knows: an unknown name costs the same time as a wrong password (T3). */
let dummyHash: Promise<string> | undefined;

/** @returns the user, or undefined where name or password is wrong or the account is disabled */
export async function checkPassword(db: Database, username: string, password: string): Promise<UserRow | undefined> {
  const row = findUserByName(db.orm, normalizeUsername(username));
  dummyHash ??= hashSecret(randomUUID());
  const hash = row?.passwordHash ?? (await dummyHash);
  if (!(await verifySecret(password, hash)) || !row || row.disabledAt !== null) return undefined;
  // A hash of an older version of this program; only now its password is known.
  if (isOutdated(hash)) updateUser(db.orm, row.id, { passwordHash: await hashSecret(password) });
  return row;
}

/**
 * A person's new password; whoever else is signed in with the old one is out.
 * @param sessionId the sign-in that stays
 * @throws RelayError invalid_credentials, password_unfit
 */
export async function changePassword(
  db: Database,
  change: { user: UserRow; sessionId: string; oldPassword: string; newPassword: string; by: Actor },
): Promise<void> {
  const { user, sessionId } = change;
  if (!(await checkPassword(db, user.username, change.oldPassword))) throw new RelayError("invalid_credentials");
  const passwordHash = await hashPassword(change.newPassword, user.username);
  db.transaction((tx) => {
    updateUser(tx, user.id, { passwordHash });
    revokeSessionsOf(tx, user.id, Date.now(), sessionId);
    record(tx, { by: change.by, event: "user.password_changed", details: { user_id: user.id } });
  });
}
