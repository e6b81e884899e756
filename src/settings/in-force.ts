import type { Sealer } from "../auth/sealing.ts";
import type { DestinationSettings } from "../contract/admin.ts";
import type { ConfigProblem } from "../core/config-error.ts";
import { destinationProblems } from "../core/config-rules.ts";
import type { Config, DestinationConfig } from "../core/config-schema.ts";
import { addedDestinations, addedRoutes } from "../db/added.ts";
import type { Queries } from "../db/database.ts";
import { unseal } from "./secrets.ts";

/** Who changed something last, and when (milliseconds since 1970). */
export interface LastChange {
  readonly at: number;
  readonly by: string;
}

/** The configuration file's settings and those that were added to them. */
export interface Settings {
  /** What is in force: the file's destinations and rules first. */
  readonly config: Config;
  /** Of the destinations that were added, by id. */
  readonly destinations: ReadonlyMap<string, LastChange>;
  /** Of the rules that were added, in their order; in `config` they stand behind the file's. */
  readonly routes: readonly (LastChange & { readonly id: string })[];
  /** What was added and is not used, a sentence each. */
  readonly aside: readonly string[];
  /** Of these the destinations that only a change or their removal can mend. */
  readonly unusable: readonly UnusableDestination[];
}

/** A destination that was added, and that this version does not take as it is kept. */
export interface UnusableDestination extends LastChange {
  readonly settings: DestinationSettings;
  readonly problem: ConfigProblem;
}

/**
 * Lays what was added beside what the file gives. The file goes first: a destination whose id it has come to give is set aside
 * until it gives it no more. Names that lead nowhere stay (forward/route-faults.ts tells them), because a start must not fail
 * for what no file holds.
 */
export function settingsInForce(file: Config, q: Queries, sealer: Sealer): Settings {
  const given = new Set(file.destination.map(({ id }) => id));
  const destinations = new Map<string, LastChange>();
  const aside: string[] = [];
  const unusable: UnusableDestination[] = [];
  const added = addedDestinations(q).flatMap((row): DestinationConfig[] => {
    const settings: DestinationSettings = { ...row.settings, id: row.id, kind: row.kind };
    const opened = unseal(settings, row.secrets, sealer);
    const change = { at: row.changedAt, by: row.changedBy };
    const [found] = destinationProblems([opened]); // an older version's, which this one takes no more
    const problem = found && { ...found, path: found.path.replace("destination[0].", "") };
    if (given.has(row.id))
      aside.push(`The configuration file gives a destination "${row.id}": the one that was added is not used.`);
    else if (problem !== undefined) {
      aside.push(`The destination "${row.id}" that was added cannot be used: ${problem.path} ${problem.message}.`);
      unusable.push({ settings: opened, problem, ...change });
    }
    if (given.has(row.id) || problem !== undefined) return [];
    destinations.set(row.id, change);
    return [opened as unknown as DestinationConfig];
  });
  const rules = addedRoutes(q);
  return {
    config: {
      ...file,
      destination: [...file.destination, ...added],
      route: [...file.route, ...rules.map(({ settings }) => settings)],
    },
    destinations,
    routes: rules.map(({ id, changedAt, changedBy }) => ({ id, at: changedAt, by: changedBy })),
    aside,
    unusable,
  };
}
