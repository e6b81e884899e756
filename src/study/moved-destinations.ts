import { createHash } from "node:crypto";
import type { Config, DestinationConfig } from "../core/config-schema.ts";
import { log } from "../core/log.ts";
import type { Database } from "../db/database.ts";
import { forgetMovedDestinations } from "../db/delivered.ts";

/** What makes a destination this place and no other; not how one signs in there. */
function placeOf(destination: DestinationConfig): unknown[] {
  if (destination.kind === "c-store") return [destination.host, destination.port, destination.called_ae_title];
  return [destination.kind === "folder" ? destination.path : destination.url];
}
/** A hash of it: another one under the same id is another archive. */
export const targetOf = (destination: DestinationConfig): string =>
  createHash("sha256")
    .update(JSON.stringify([destination.kind, ...placeOf(destination)]))
    .digest("hex");

/** At start and reload: an id that leads to another archive now has confirmed nothing there. */
export function forgetMoved(db: Database, { destination }: Pick<Config, "destination">): void {
  const targets = new Map(destination.map((it) => [it.id, targetOf(it)]));
  for (const destination_id of db.transaction((tx) => forgetMovedDestinations(tx, targets)))
    log.event("destination.moved", { destination_id });
}
