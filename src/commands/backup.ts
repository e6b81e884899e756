import { existsSync, mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { record, theConsole } from "../audit/record.ts";
import { checkCopy, makeCopy } from "../backup/copy.ts";
import { nextCopy } from "../backup/nightly.ts";
import { configOf, openForRestore, restoreInto } from "../backup/restore.ts";
import { configFile } from "../core/config.ts";
import { processEnvironment } from "../core/config-env.ts";
import { writeDurable } from "../core/durable-file.ts";
import { openDatabase } from "../db/database.ts";
import { type ConfigOptions, readConfig, withDatabase } from "./context.ts";
import { readPassword, say, sayJson, tell, UsageError } from "./io.ts";

interface PassphraseOptions extends ConfigOptions {
  readonly passphraseStdin?: boolean;
  readonly json?: boolean;
}
const passphraseOf = ({ passphraseStdin }: PassphraseOptions) =>
  passphraseStdin === true ? readPassword(true, "passphrase") : undefined;
const fileOf = (options: ConfigOptions) => configFile({ file: options.config, env: processEnvironment() });

/** `backup [FILE]`: also while the server runs. */
export async function backup(file: string | undefined, options: PassphraseOptions): Promise<number> {
  const { data_dir } = readConfig(options);
  const target = file === undefined ? nextCopy(data_dir) : resolve(file);
  if (existsSync(target)) throw new UsageError(`${target} exists already; a backup is never written over another.`);
  const passphrase = passphraseOf(options);
  await withDatabase(options, async (db) => {
    await makeCopy({ dataDir: data_dir, configFile: fileOf(options).path }, target, passphrase);
    db.transaction((tx) => record(tx, { by: theConsole(), event: "backup.made" }));
  });
  if (passphrase === undefined && file !== undefined)
    tell(
      "Warning: the copy holds keys and patients' names, and nothing protects it but its rights. --passphrase-stdin encrypts it.",
    );
  say(`Written and verified: ${target}`);
  return 0;
}

/** `backup verify FILE`: reads it to its end; nothing is changed. */
export async function verify(file: string, options: PassphraseOptions): Promise<number> {
  const { version, madeAt, parts, uploads } = await checkCopy(readable(file), passphraseOf(options));
  const names = parts.map(({ name }) => name);
  if (options.json === true) sayJson({ version, made_at: madeAt, uploads, parts: names });
  else say(`Whole: made ${madeAt} by version ${version}; ${uploads} uploads, ${names.join(", ")}.`);
  return 0;
}

/** `restore FILE`: onto a box that has no database, and does not run. */
export async function restore(file: string, options: PassphraseOptions): Promise<number> {
  const passphrase = passphraseOf(options);
  const folder = await mkdtemp(join(tmpdir(), "relaypacs-restore-"));
  try {
    const parts = await openForRestore(readable(file), folder, passphrase);
    const config = configOf(parts);
    const { path, wanted } = fileOf(options);
    if (path !== null) tell(`The configuration ${path} stays as it is; the copy's is not used.`);
    else if (config !== undefined) {
      mkdirSync(dirname(wanted), { recursive: true, mode: 0o750 });
      writeDurable(wanted, config, 0o640);
      say(`The configuration is in ${wanted} again.`);
    }
    const { data_dir } = readConfig(options);
    restoreInto(data_dir, folder, parts);
    openDatabase(data_dir).close(); // brings an older version's tables up to this one's
    await withDatabase(options, (db) =>
      db.transaction((tx) => record(tx, { by: theConsole(), event: "backup.restored" })),
    );
    say(
      `Restored to ${data_dir}. Everybody has to sign in again. Start the box: an unfinished upload asks its sender for its files again.`,
    );
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function readable(file: string): string {
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
  return resolve(file);
}
