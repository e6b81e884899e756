import { readFileSync } from "node:fs";
import type { DestinationSettings } from "../contract/admin.ts";
import { isTable, problemsOf } from "../core/config-check.ts";
import { processEnvironment } from "../core/config-env.ts";
import type { ConfigProblem } from "../core/config-error.ts";
import { crossProblems, destinationProblems, unfitDestinations } from "../core/config-rules.ts";
import {
  addressFields,
  type Config,
  type DestinationConfig,
  type RouteConfig,
  RouteSchema,
} from "../core/config-schema.ts";
import { mapSecrets, pathOf } from "../core/config-secrets.ts";
import { isForbiddenAsWritten, writtenHost } from "../destinations/outgoing-address.ts";

/** The problems of one entry, by paths of its own: `destination[2].url` is `url`. */
const ofEntry = (problems: readonly ConfigProblem[], entry: string): ConfigProblem[] =>
  problems.flatMap(({ path, message }) =>
    path.startsWith(`${entry}.`) ? [{ path: path.slice(entry.length + 1), message }] : [],
  );

const around = () => ({ environment: processEnvironment(), readFile: (path: string) => readFileSync(path, "utf8") });
/** How an entry fits in with all others, told as of the file. */
const fit = (config: Config, entry: string): ConfigProblem[] => ofEntry(crossProblems(config, around()), entry);

/** Of the destinations in force, what keeps each from being sent to at this moment, by id: the first fault alone. */
export function unfitNow(config: Config): ReadonlyMap<string, ConfigProblem> {
  const problems = unfitDestinations(config, around());
  return new Map(
    config.destination.flatMap(({ id }, index) => {
      const [first] = ofEntry(problems, `destination[${index}]`);
      return first === undefined ? [] : [[id, first] as const];
    }),
  );
}

/** What only the configuration file may: name secrets elsewhere, credentials in an address, link-local addresses (T13). */
function reservedForFile(settings: DestinationSettings): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  mapSecrets(settings, (value, place) => {
    const message = "must be the secret itself; { file } and { env } are for the configuration file";
    if (isTable(value) && ("file" in value || "env" in value)) problems.push({ path: pathOf(place), message });
    return value;
  });
  const token = isTable(settings.auth) ? settings.auth.token_url : undefined;
  for (const [path, address] of [
    ...addressFields.map((name) => [name, settings[name]] as const),
    ["auth.token_url", token],
  ] as const) {
    if (typeof address !== "string") continue;
    const url = URL.parse(address);
    if (url !== null && url.username + url.password !== "")
      problems.push({ path, message: "must not hold a name or password; they belong in auth" });
    if (isForbiddenAsWritten(writtenHost(address))) problems.push({ path, message: forbidden });
  }
  if (typeof settings.host === "string" && isForbiddenAsWritten(settings.host))
    problems.push({ path: "host", message: forbidden });
  return problems;
}
const forbidden = "is a link-local or metadata address, which only the configuration file may name";

/**
 * What is wrong with a destination that is added beside those of the file: all that would be wrong with it there, and more.
 * @param config what is in force; an entry of the same id is the one that is changed
 */
export function destinationFaults(config: Config, settings: DestinationSettings): ConfigProblem[] {
  const own = [...ofEntry(destinationProblems([settings]), "destination[0]"), ...reservedForFile(settings)];
  if (own.length > 0) return own;
  const candidate = settings as unknown as DestinationConfig;
  const at = config.destination.findIndex(({ id }) => id === settings.id);
  const index = at === -1 ? config.destination.length : at;
  return fit({ ...config, destination: config.destination.toSpliced(index, 1, candidate) }, `destination[${index}]`);
}

/**
 * What is wrong with a rule that is added behind those of the file.
 * @param index of the one that is changed; left out: it is new
 */
export function routeFaultsOf(config: Config, settings: unknown, index = config.route.length): ConfigProblem[] {
  const own = ofEntry(problemsOf(RouteSchema, settings, "route"), "route");
  if (own.length > 0) return own;
  return fit({ ...config, route: config.route.toSpliced(index, 1, settings as RouteConfig) }, `route[${index}]`);
}
