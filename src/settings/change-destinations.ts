import { type Actor, record } from "../audit/record.ts";
import type { DestinationSettings } from "../contract/admin.ts";
import { isTable } from "../core/config-check.ts";
import type { DestinationConfig } from "../core/config-schema.ts";
import { RelayError } from "../core/errors.ts";
import {
  type AddedDestinationRow,
  addedDestinations,
  askingFor,
  deleteAddedDestination,
  insertAddedDestination,
  updateAddedDestination,
} from "../db/added.ts";
import { resumeDestination } from "../db/destination-pauses.ts";
import { destinationFaults } from "./checks.ts";
import { nameOf, refuse, type SettingsContext } from "./context.ts";
import { seal, unseal, withKept } from "./secrets.ts";

export interface DestinationChanges {
  /** @throws RelayError destination_exists, invalid_request */
  add(sent: DestinationSettings, by: Actor): void;
  /** The whole of it; secrets that are not given stay. @throws RelayError not_found, provisioned, invalid_request */
  change(id: string, sent: DestinationSettings, by: Actor): void;
  /** @throws RelayError not_found, provisioned, destination_in_use */
  remove(id: string, by: Actor): void;
}

/** Destinations beside those of the configuration file: each change is checked, audited and in force when it returns. */
export function destinationChanges(context: SettingsContext): DestinationChanges {
  const { db, sealer, settings, make, takeUp } = context;

  const rowOf = (id: string) => addedDestinations(db.orm).find((row) => row.id === id);
  const settingsOf = (row: AddedDestinationRow) =>
    unseal({ ...row.settings, id: row.id, kind: row.kind }, row.secrets, sealer);
  /** @throws RelayError provisioned, not_found */
  function addedOne(id: string): AddedDestinationRow {
    const given = settings().config.destination.some((it) => it.id === id) && !settings().destinations.has(id);
    if (given) throw new RelayError("provisioned");
    const row = rowOf(id);
    if (!row) throw new RelayError("not_found");
    return row;
  }
  /** Its columns, once nothing is wrong with it. @throws RelayError invalid_request */
  function columnsOf(sent: DestinationSettings, before?: DestinationSettings) {
    const next = withKept(sent, before);
    refuse(next.problems);
    refuse(destinationFaults(settings().config, next.settings));
    make(next.settings as unknown as DestinationConfig);
    const { plain, secrets } = seal(next.settings, sealer);
    const { id, kind, ...rest } = plain;
    return { columns: { kind, settings: rest, secrets }, fields: changedFields(before ?? {}, next.settings) };
  }

  return {
    add(sent, by) {
      const taken = settings().config.destination.some(({ id }) => id === sent.id) || rowOf(sent.id) !== undefined;
      if (taken) throw new RelayError("destination_exists");
      const { columns, fields } = columnsOf(sent);
      const [at, name] = [Date.now(), nameOf(by)];
      const row = { id: sent.id, ...columns, createdAt: at, createdBy: name, changedAt: at, changedBy: name };
      db.transaction((tx) => {
        insertAddedDestination(tx, row);
        const details = { destination_id: sent.id, kind: sent.kind, fields };
        record(tx, { by, event: "destination.added", details });
      });
      takeUp(sent.id);
    },
    change(id, sent, by) {
      const row = addedOne(id);
      if (sent.id !== id) refuse([{ path: "id", message: "cannot be changed; add another destination instead" }]);
      const { columns, fields } = columnsOf(sent, settingsOf(row));
      db.transaction((tx) => {
        updateAddedDestination(tx, id, { ...columns, changedAt: Date.now(), changedBy: nameOf(by) });
        record(tx, { by, event: "destination.changed", details: { destination_id: id, kind: sent.kind, fields } });
      });
      takeUp(id);
    },
    remove(id, by) {
      const { kind } = addedOne(id);
      const users = usersOf(context, id);
      if (users.length > 0) {
        const words = `The destination cannot be removed: it is still named by ${users.join(", ")}. Take it out there first.`;
        throw new RelayError("destination_in_use", words, { members: { used_by: users } });
      }
      db.transaction((tx) => {
        deleteAddedDestination(tx, id);
        resumeDestination(tx, id); // one of that id that comes later is another
        record(tx, { by, event: "destination.removed", details: { destination_id: id, kind } });
      });
      takeUp(id);
    },
  };
}

/** Everything that would lead to a destination that is gone, in words. */
function usersOf({ db, settings }: SettingsContext, id: string): string[] {
  const { route, destination } = settings().config;
  const asking = askingFor(db.orm, id, db.clock.now().box);
  const counted = (n: number, one: string, more: string) => (n === 0 ? [] : [`${n} ${n === 1 ? one : more}`]);
  return [
    ...route.filter(({ to }) => to.includes(id)).map(({ name }) => `the rule "${name}"`),
    ...destination.filter(({ fallback }) => fallback === id).map((it) => `the destination "${it.id}" (its fallback)`),
    ...counted(asking.deliveries, "delivery that is not over", "deliveries that are not over"),
    ...counted(asking.uploads, "upload that asks for it", "uploads that ask for it"),
    ...counted(asking.invitations, "open QR code", "open QR codes"),
  ];
}

/** Which fields differ, by their names alone: `auth.password,url`. */
export function changedFields(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): string {
  const flat = (table: Readonly<Record<string, unknown>>) =>
    new Map(
      Object.entries(table).flatMap(([key, value]): [string, unknown][] =>
        isTable(value) && key !== "headers"
          ? Object.entries(value).map(([inner, it]) => [`${key}.${inner}`, it])
          : [[key, value]],
      ),
    );
  const [old, now] = [flat(before), flat(after)];
  const names = [...new Set([...old.keys(), ...now.keys()])];
  return names
    .filter((name) => !Bun.deepEquals(old.get(name), now.get(name)))
    .sort()
    .join();
}
