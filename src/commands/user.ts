import { theConsole } from "../audit/record.ts";
import { addUser, disableUser, listUsers, requireUser, resetPassword } from "../auth/accounts.ts";
import { resetTotp } from "../auth/totp.ts";
import { type Role, roles } from "../contract/permissions.ts";
import { type ConfigOptions, type JsonOptions, withDatabase } from "./context.ts";
import { columns, readPassword, say, sayJson, UsageError } from "./io.ts";

interface PasswordOptions extends ConfigOptions {
  readonly passwordStdin?: boolean;
}

export async function add(username: string, options: PasswordOptions & { readonly role: string }): Promise<number> {
  if (!roles.includes(options.role as Role)) throw new UsageError(`The role must be one of ${roles.join(", ")}.`);
  const password = readPassword(options.passwordStdin);
  await withDatabase(options, (db) => addUser(db, { username, role: options.role, password }));
  say(`Added ${username} as ${options.role}.`);
  return 0;
}

export async function list(options: JsonOptions): Promise<number> {
  const users = await withDatabase(options, listUsers);
  if (options.json === true) sayJson(users);
  else {
    const rows = users.map((user) => [user.username, user.role, user.created_at, user.disabled_at ?? "-"]);
    say(columns([["NAME", "ROLE", "CREATED", "DISABLED"], ...rows]));
  }
  return 0;
}

export async function disable(username: string, options: ConfigOptions): Promise<number> {
  await withDatabase(options, (db) => disableUser(db, username));
  say(`Disabled ${username}; the account's sign-ins and uploads end with their next request.`);
  return 0;
}

export async function reset(username: string, options: PasswordOptions): Promise<number> {
  const password = readPassword(options.passwordStdin);
  await withDatabase(options, (db) => resetPassword(db, username, password));
  say(`Set a new password for ${username}.`);
  return 0;
}

export async function resetSecondFactor(username: string, options: ConfigOptions): Promise<number> {
  await withDatabase(options, (db) => resetTotp(db, requireUser(db, username), theConsole()));
  say(`Removed the second factor of ${username} and ended the account's sign-ins.`);
  return 0;
}
