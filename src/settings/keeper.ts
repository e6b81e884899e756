import type { ConfigProblem } from "../core/config-error.ts";
import type { Config, DestinationConfig } from "../core/config-schema.ts";
import { log } from "../core/log.ts";
import { readSecret } from "../core/secrets.ts";
import type { Database } from "../db/database.ts";
import type { CheckStep, Destination } from "../destinations/destination.ts";
import { checklist } from "../destinations/doctor.ts";
import { createDestination } from "../destinations/index.ts";
import { routeFaults } from "../forward/route-faults.ts";
import { capabilitiesIn } from "../study/capabilities.ts";
import { forgetMoved } from "../study/moved-destinations.ts";
import { type DestinationChanges, destinationChanges } from "./change-destinations.ts";
import { type RouteChanges, routeChanges } from "./change-routes.ts";
import { unfitNow } from "./checks.ts";
import { type Settings, settingsInForce } from "./in-force.ts";
import { settingsSealer } from "./secrets.ts";

export interface SettingsKeeper {
  /** In force now. */
  now(): Settings;
  destination(id: string): Destination | undefined;
  /** What keeps each destination from being sent to at this moment, by id. */
  unfit(): ReadonlyMap<string, ConfigProblem>;
  /** A live check, step by step, with a test image where it is to store one; undefined where there is none of that id. */
  checklist(
    id: string,
    options: { readonly store: boolean },
    signal: AbortSignal,
  ): AsyncIterable<CheckStep> | undefined;
  /** Takes another configuration file's; where that fails all stays as it was. */
  reload(file: Config): void;
  readonly destinations: DestinationChanges;
  readonly routes: RouteChanges;
}

export interface SettingsDeps {
  readonly db: Database;
  readonly hashKey: Uint8Array;
  /** What the configuration file says. */
  readonly file: Config;
  /** Tells people what they should mend though the box runs. */
  readonly warn: (sentence: string) => void;
  /** Other settings are in force. @param destinationId the one that was added, changed or removed on the screens */
  readonly onChange: (config: Config, destinationId?: string) => void;
}

/** The settings that the box goes by, with a Destination for each that they name. */
export function keepSettings({ db, hashKey, file: initial, warn, onChange }: SettingsDeps): SettingsKeeper {
  const sealer = settingsSealer(hashKey);
  const capability = capabilitiesIn(db);
  const env = (fromFile: boolean) => ({ dataDir: initial.data_dir, readSecret, capability, fromFile });
  const make = (config: DestinationConfig, fromFile: boolean): Destination => createDestination(config, env(fromFile));
  const tellFaults = ({ config, aside, unusable }: Settings) => {
    const unfit = [...unfitNow(config)];
    const words = unfit.map(
      ([id, { path, message }]) => `The destination "${id}" cannot be sent to: ${path} ${message}.`,
    );
    for (const sentence of [...aside, ...words, ...routeFaults(config).map(({ message }) => message)]) warn(sentence);
    for (const [destination_id, { path }] of [
      ...unfit,
      ...unusable.map(({ settings: { id }, problem }) => [id, problem] as const),
    ])
      log.event("destination.unfit", { destination_id, fields: path });
  };

  let file = initial;
  let settings = settingsInForce(file, db.orm, sealer);
  let destinations = made(settings);
  tellFaults(settings);
  forgetMoved(db, settings.config);

  /** One whose entry is the same stays: it may be at work. */
  function made(next: Settings, before?: Settings): Map<string, Destination> {
    const fromFile = (id: string, of: Settings | undefined) => of?.destinations.has(id) === false;
    const same = (it: DestinationConfig) =>
      before?.config.destination.some((old) => Bun.deepEquals(it, old)) === true &&
      fromFile(it.id, next) === fromFile(it.id, before);
    return new Map(
      next.config.destination.map((it) => {
        const kept = same(it) ? destinations.get(it.id) : undefined;
        return [it.id, kept ?? make(it, fromFile(it.id, next))];
      }),
    );
  }
  function takeUp(nextFile: Config, destinationId?: string): void {
    const next = settingsInForce(nextFile, db.orm, sealer);
    destinations = made(next, settings); // first, because it can fail
    [file, settings] = [nextFile, next];
    forgetMoved(db, next.config);
    onChange(next.config, destinationId);
  }

  const context = {
    db,
    sealer,
    settings: () => settings,
    make: (config: DestinationConfig) => make(config, false),
    takeUp: (destinationId?: string) => takeUp(file, destinationId),
  };
  return {
    now: () => settings,
    destination: (id) => destinations.get(id),
    unfit: () => unfitNow(settings.config),
    checklist: (id, options, signal) => {
      const found = settings.config.destination.find((it) => it.id === id);
      return found && checklist(found, env(!settings.destinations.has(id)), options, signal);
    },
    reload: (next) => {
      takeUp(next);
      tellFaults(settings);
    },
    destinations: destinationChanges(context),
    routes: routeChanges(context),
  };
}
