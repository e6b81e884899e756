import { type Actor, record } from "../audit/record.ts";
import type { RouteSettings } from "../contract/admin.ts";
import { RelayError } from "../core/errors.ts";
import { deleteAddedRoute, insertAddedRoute, nextRoutePosition, updateAddedRoute } from "../db/added.ts";
import { changedFields } from "./change-destinations.ts";
import { routeFaultsOf } from "./checks.ts";
import { nameOf, refuse, type SettingsContext } from "./context.ts";
import type { LastChange, Settings } from "./in-force.ts";

/** A rule as it stands among all. */
export interface PlacedRoute {
  readonly id: string;
  /** From 0. */
  readonly index: number;
  /** Null: the configuration file gives it. */
  readonly change: LastChange | null;
}

/** Every rule, in the order of `config.route`. Those of the file are named by their place in it. */
export function placedRoutes({ config, routes }: Settings): PlacedRoute[] {
  const first = config.route.length - routes.length;
  return config.route.map((_, index) => {
    const added = routes[index - first];
    return { id: added?.id ?? `file-${index + 1}`, index, change: added ?? null };
  });
}

export interface RouteChanges {
  /** Behind all others; answers its id. @throws RelayError invalid_request */
  add(sent: RouteSettings, by: Actor): string;
  /** @throws RelayError not_found, provisioned, invalid_request */
  change(id: string, sent: RouteSettings, by: Actor): void;
  /** @throws RelayError not_found, provisioned */
  remove(id: string, by: Actor): void;
  /** @param ids every rule that was added, each once. @throws RelayError route_order_outdated */
  order(ids: readonly string[], by: Actor): void;
}

/** Rules behind those of the configuration file: each change is checked, audited and in force when it returns. */
export function routeChanges({ db, settings, takeUp }: SettingsContext): RouteChanges {
  /** @throws RelayError provisioned, not_found */
  function addedOne(id: string): PlacedRoute {
    const found = placedRoutes(settings()).find((it) => it.id === id);
    if (!found) throw new RelayError("not_found");
    if (found.change === null) throw new RelayError("provisioned");
    return found;
  }

  return {
    add(sent, by) {
      refuse(routeFaultsOf(settings().config, sent));
      const id = crypto.randomUUID();
      const [at, name] = [Date.now(), nameOf(by)];
      db.transaction((tx) => {
        const deeds = { createdAt: at, createdBy: name, changedAt: at, changedBy: name };
        insertAddedRoute(tx, { id, position: nextRoutePosition(tx), settings: sent, ...deeds });
        record(tx, { by, event: "route.added", details: { route_id: id, fields: changedFields({}, { ...sent }) } });
      });
      takeUp();
      return id;
    },
    change(id, sent, by) {
      const { index } = addedOne(id);
      const { config } = settings();
      refuse(routeFaultsOf(config, sent, index));
      const fields = changedFields({ ...config.route[index] }, { ...sent });
      db.transaction((tx) => {
        updateAddedRoute(tx, id, { settings: sent, changedAt: Date.now(), changedBy: nameOf(by) });
        record(tx, { by, event: "route.changed", details: { route_id: id, fields } });
      });
      takeUp();
    },
    remove(id, by) {
      addedOne(id);
      db.transaction((tx) => {
        deleteAddedRoute(tx, id);
        record(tx, { by, event: "route.removed", details: { route_id: id } });
      });
      takeUp();
    },
    order(ids, by) {
      const known = settings().routes.map(({ id }) => id);
      if (
        ids.length !== known.length ||
        new Set([...ids, ...known]).size !== known.length ||
        new Set(ids).size !== ids.length
      )
        throw new RelayError("route_order_outdated");
      db.transaction((tx) => {
        for (const [index, id] of ids.entries()) updateAddedRoute(tx, id, { position: index + 1 });
        record(tx, { by, event: "route.ordered", details: { count: ids.length } });
      });
      takeUp();
    },
  };
}
