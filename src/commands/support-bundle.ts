import { existsSync } from "node:fs";
import { cpus, freemem, release, totalmem, uptime } from "node:os";
import { resolve } from "node:path";
import { nightlyCopies } from "../backup/nightly.ts";
import { ConfigError } from "../core/config-error.ts";
import type { Config } from "../core/config-schema.ts";
import { writeDurable } from "../core/durable-file.ts";
import { commit, version } from "../core/version.ts";
import { parkedByCause } from "../db/deliveries.ts";
import { waitingDeliveries } from "../db/figures.ts";
import { uploadsByState } from "../db/uploads.ts";
import { type ConfigOptions, readConfig, settingsWith, withDatabase } from "./context.ts";
import { examine } from "./doctor.ts";
import { say, UsageError } from "./io.ts";

/** Keys of which the value is a secret wherever they stand, whatever form it has. */
const secretKeys = /password|passphrase|secret|token|key$|private/i;

/**
 * `support-bundle FILE`: what a supporter needs, as one text that whoever sends it can read first. It holds counts, states, codes and the
 * configuration without its secrets; nothing of a patient, no UID, no file name, no user.
 */
export async function supportBundle(file: string, options: ConfigOptions): Promise<number> {
  const target = resolve(file);
  if (existsSync(target)) throw new UsageError(`${file} exists already.`);
  const sections = {
    made_at: new Date().toISOString(),
    program: { version, commit, bun: Bun.version },
    machine: {
      kernel: release(),
      architecture: process.arch,
      processors: cpus().length,
      memory_bytes: totalmem(),
      free_memory_bytes: freemem(),
      up_seconds: Math.round(uptime()),
    },
    configuration: configuration(options),
    doctor: await examine(options),
    ...(await state(options)),
  };
  writeDurable(target, `${JSON.stringify(sections, null, 2)}\n`, 0o600);
  say(
    `Written: ${file}. It is plain text: read it before you send it. The log is not in it: journalctl -u relaypacs --since -1d`,
  );
  return 0;
}

function configuration(options: ConfigOptions): unknown {
  try {
    return withoutSecrets(inForce(options));
  } catch (error) {
    return error instanceof ConfigError ? error.problems : "cannot be read";
  }
}

/** With what was added on the screens, where the database can be read. @throws ConfigError */
function inForce(options: ConfigOptions): Config {
  const file = readConfig(options);
  try {
    return settingsWith(file).config;
  } catch {
    return file; // told below
  }
}

/** The same, with every secret as "…". A variable or a file it comes from is named: a wrong name is what support looks for. */
export function withoutSecrets(value: unknown, key = ""): unknown {
  if (typeof value === "string" && secretKeys.test(key)) return value === "" ? "" : "…";
  if (Array.isArray(value)) return value.map((it) => withoutSecrets(it, key));
  if (typeof value !== "object" || value === null) return typeof value === "string" ? withoutUserInfo(value) : value;
  const named = "file" in value || "env" in value;
  return Object.fromEntries(
    Object.entries(value).map(([name, it]) => [name, key === "headers" ? "…" : withoutSecrets(it, named ? "" : name)]),
  );
}

const withoutUserInfo = (text: string) => text.replace(/\/\/[^/@\s]+@/, "//…@");

async function state(options: ConfigOptions): Promise<Record<string, unknown>> {
  try {
    return await withDatabase(options, ({ orm, sqlite }) => ({
      uploads: uploadsByState(orm),
      queue: waitingDeliveries(orm),
      parked: parkedByCause(orm),
      database_bytes: sqlite
        .query("SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size")
        .get(),
      copies: nightlyCopies(readConfig(options).data_dir).map(({ madeAt }) => new Date(madeAt).toISOString()),
    }));
  } catch {
    return { database: "cannot be opened" };
  }
}
