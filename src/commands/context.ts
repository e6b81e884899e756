import { existsSync } from "node:fs";
import { join } from "node:path";
import { readHashKey } from "../auth/keys.ts";
import { loadConfig } from "../core/config.ts";
import { processEnvironment } from "../core/config-env.ts";
import type { Config, DestinationConfig } from "../core/config-schema.ts";
import { type Database, openDatabase } from "../db/database.ts";
import { type Settings, settingsInForce } from "../settings/in-force.ts";
import { settingsSealer } from "../settings/secrets.ts";
import { UsageError } from "./io.ts";

/** What every subcommand that needs the configuration takes. */
export interface ConfigOptions {
  /** What `--config` names. */
  readonly config?: string;
}
export interface JsonOptions extends ConfigOptions {
  readonly json?: boolean;
}

/** @throws ConfigError */
export const readConfig = ({ config }: ConfigOptions): Config =>
  loadConfig({ file: config, env: processEnvironment() });

/** Accounts live in the database file, which takes writers beside a running server. */
export async function withDatabase<T>(options: ConfigOptions, work: (db: Database) => T | Promise<T>): Promise<T> {
  const db = openDatabase(readConfig(options).data_dir);
  try {
    return await work(db);
  } finally {
    db.close();
  }
}

/** What is in force where the box runs: what the file says, and what was added on the screens. Before the first start the former alone. */
export function settingsWith(file: Config): Settings {
  const hashKey = readHashKey(file.data_dir);
  if (hashKey === undefined || !existsSync(join(file.data_dir, "relaypacs.db")))
    return { config: file, destinations: new Map(), routes: [], aside: [], unusable: [] };
  const db = openDatabase(file.data_dir);
  try {
    return settingsInForce(file, db.orm, settingsSealer(hashKey));
  } finally {
    db.close();
  }
}
/** @throws ConfigError */
export const readSettings = (options: ConfigOptions): Settings => settingsWith(readConfig(options));

/** The destination of that id, as it is configured. @throws UsageError */
export function destinationConfigOf(config: Config, id: string): DestinationConfig {
  const found = config.destination.find((item) => item.id === id);
  if (found !== undefined) return found;
  const known = config.destination.map((item) => item.id).join(", ") || "none";
  throw new UsageError(`There is no destination "${id}"; known: ${known}.`);
}
