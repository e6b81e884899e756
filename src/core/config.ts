import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Value } from "@sinclair/typebox/value";
import { parse, TomlError } from "smol-toml";
import { problemsOf } from "./config-check.ts";
import { type Environment, overlayEnvironment, scalars } from "./config-env.ts";
import { ConfigError, type ConfigProblem } from "./config-error.ts";
import { crossProblems, destinationProblems } from "./config-rules.ts";
import { type Config, ConfigSchema } from "./config-schema.ts";

const systemFile = "/etc/relaypacs/relaypacs.toml";

export interface ConfigSources {
  /** What `--config` names. */
  readonly file?: string | undefined;
  readonly env: Environment;
  readonly readFile?: (path: string) => string;
}

const isMissing = (error: unknown) => (error as { code?: unknown } | null)?.code === "ENOENT";

/** Which file is read, and whether it was asked for: `--config`, else RELAYPACS_CONFIG, else the system's (CONTRACT §2). */
function chooseFile({ file, env }: ConfigSources): { path: string; askedBy: string | null } {
  if (file !== undefined) return { path: file, askedBy: "--config" };
  if (env.RELAYPACS_CONFIG) return { path: env.RELAYPACS_CONFIG, askedBy: "RELAYPACS_CONFIG" };
  return { path: systemFile, askedBy: null };
}

/** Where the configuration is read from; `path` is null where there is no such file. */
export function configFile(sources: ConfigSources): { readonly path: string | null; readonly wanted: string } {
  const wanted = resolve(chooseFile(sources).path);
  return { path: existsSync(wanted) ? wanted : null, wanted };
}

/** The file's text; null where nobody asked for one and the system has none. */
function readText(sources: ConfigSources, readFile: (path: string) => string): { text: string; source: string } | null {
  const { path, askedBy } = chooseFile(sources);
  try {
    return { text: readFile(path), source: path };
  } catch (error) {
    if (askedBy === null && isMissing(error)) return null;
    const why = isMissing(error) ? `the file ${path} does not exist` : `the file ${path} cannot be read`;
    throw new ConfigError([{ path: askedBy ?? path, message: why }], path);
  }
}

function parseToml(text: string, source: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The message's first line alone: the excerpt behind it may show a secret.
    const reason = error.message.split("\n")[0]?.replace("Invalid TOML document: ", "") ?? "";
    const path = `line ${error.line}, column ${error.column}`;
    throw new ConfigError([{ path, message: `is not valid TOML: ${reason}` }], source);
  }
}

/**
 * The whole configuration: file, then environment, then defaults, checked (CONTRACT §2).
 * @throws ConfigError with every problem found
 */
export function loadConfig(sources: ConfigSources): Config {
  const readFile = sources.readFile ?? ((path: string) => readFileSync(path, "utf8"));
  const found = readText(sources, readFile);
  const source = found?.source ?? "defaults and environment";
  const file = found === null ? {} : parseToml(found.text, source);

  const overlay = overlayEnvironment(ConfigSchema, file, sources.env);
  const values = Value.Default(ConfigSchema, overlay.values) as Config;
  const everywhere = [...scalars(ConfigSchema).values()].map(({ path }) => path.join("."));
  const named = (problem: ConfigProblem): ConfigProblem => {
    const variable = overlay.origin.get(problem.path);
    return variable === undefined ? problem : { ...problem, path: `${problem.path} (${variable})` };
  };
  const problems = [
    ...overlay.problems,
    ...problemsOf(ConfigSchema, values, "", everywhere),
    ...(Array.isArray(values.destination) ? destinationProblems(values.destination) : []),
  ];
  if (problems.length > 0) throw new ConfigError(problems.map(named), source);

  const unfit = crossProblems(values, { environment: sources.env, readFile });
  if (unfit.length > 0) throw new ConfigError(unfit.map(named), source);
  // Programs that are started elsewhere (7zz) get paths below it.
  return { ...values, data_dir: resolve(values.data_dir) };
}
