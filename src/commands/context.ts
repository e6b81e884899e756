import { loadConfig } from "../core/config.ts";
import { processEnvironment } from "../core/config-env.ts";
import type { Config, DestinationConfig } from "../core/config-schema.ts";
import { type Database, openDatabase } from "../db/database.ts";
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

/** The destination of that id, as it is configured. @throws UsageError */
export function destinationConfigOf(config: Config, id: string): DestinationConfig {
  const found = config.destination.find((item) => item.id === id);
  if (found !== undefined) return found;
  const known = config.destination.map((item) => item.id).join(", ") || "none";
  throw new UsageError(`There is no destination "${id}"; known: ${known}.`);
}
