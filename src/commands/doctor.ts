import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../core/config-error.ts";
import type { Config } from "../core/config-schema.ts";
import type { CheckStep } from "../destinations/destination.ts";
import { installSevenZip } from "../intake/seven-zip.ts";
import type { Settings } from "../settings/in-force.ts";
import { type JsonOptions, readConfig, settingsWith } from "./context.ts";
import { checkDestination, stepLines } from "./destination.ts";
import { certificate, clock, dataFolder, freeDisk, nearestFolder, rules } from "./doctor-checks.ts";
import { compiler, copies, database, diskSync, openFiles } from "./doctor-machine.ts";
import { say, sayJson } from "./io.ts";

/** Runs the embedded 7zz from the data folder, where the server will run it, and leaves nothing behind. */
async function archives({ data_dir }: Config): Promise<CheckStep> {
  const name = "archives";
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(nearestFolder(data_dir), ".relaypacs-doctor-"));
    const ran = Bun.spawnSync([await installSevenZip(folder)], { env: {}, stdin: "ignore", stderr: "ignore" });
    const found = /7-Zip \D*([\d.]+)/.exec(ran.stdout.toString())?.[1];
    if (ran.exitCode === 0 && found !== undefined) return { name, ok: true, detail: `7zz ${found} runs` };
  } catch {
    // told below: it makes no difference at which step it failed
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
  const fix = `RAR, 7z and tar need it: let programs run from ${data_dir} (no noexec mount).`;
  return { name, ok: false, detail: "the embedded 7zz does not run", fix };
}

async function destinations(settings: Settings): Promise<CheckStep[]> {
  const { config } = settings;
  if (config.destination.length === 0) {
    const fix = "Add one on the screens, or a [[destination]] to the configuration; studies wait until then.";
    return [{ name: "destinations", ok: false, detail: "none is configured", fix }];
  }
  const checked = config.destination.map(async ({ id }) => {
    const steps = await checkDestination(settings, id);
    return steps.map((step) => ({ ...step, name: `destination ${id}, ${step.name}` }));
  });
  return (await Promise.all(checked)).flat();
}

const asideFix =
  "Change or remove it on the screens, or take the destination of that id out of the configuration file.";

/** Every check, in the order in which what fails explains what follows. */
export async function examine(options: JsonOptions): Promise<CheckStep[]> {
  let config: Config;
  try {
    config = readConfig(options);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ path, message }) => ({
      name: "configuration",
      ok: false,
      detail: `${path}: ${message}`,
      fix: `Correct it in ${error.source}.`,
    }));
  }
  const checked = database(config);
  // A database that cannot be read is told of; the file's own settings are looked at all the same.
  const settings = checked.ok
    ? settingsWith(config)
    : { config, destinations: new Map(), routes: [], aside: [], unusable: [] };
  return [
    { name: "configuration", ok: true, detail: "is valid" },
    dataFolder(config),
    freeDisk(config),
    diskSync(config),
    clock(config),
    openFiles(),
    await compiler(),
    checked,
    copies(config),
    ...settings.aside.map((detail) => ({ name: "added", ok: false, detail, fix: asideFix })),
    ...rules(settings.config),
    await certificate(config),
    await archives(config),
    ...(await destinations(settings)),
  ];
}

/** `doctor`: one line for each check, with its fix; exit code 1 when one fails. */
export async function doctor(options: JsonOptions): Promise<number> {
  const checks = await examine(options);
  const ok = checks.every((check) => check.ok);
  if (options.json === true) sayJson({ ok, checks });
  else for (const check of checks) say(stepLines(check));
  return ok ? 0 : 1;
}
