import { createSealer, type Sealer } from "../auth/sealing.ts";
import type { DestinationSettings } from "../contract/admin.ts";
import { isTable } from "../core/config-check.ts";
import type { ConfigProblem } from "../core/config-error.ts";
import { addressFields } from "../core/config-schema.ts";
import { isKept, mapSecrets, pathOf, type SecretPlace, secretFields } from "../core/config-secrets.ts";

/** Keeps the secrets of destinations in the database: unreadable without the box's key. */
export const settingsSealer = (hashKey: Uint8Array): Sealer => createSealer(hashKey, "destination secrets");

type Sealed = Readonly<Record<string, string>>;
/** A secret opens for its place in its destination alone: moved to another row it is nothing. */
const belongsTo = (id: string, place: SecretPlace) => `${id} ${pathOf(place)}`;

/** Settings without their secrets, and these sealed, by their place. */
export function seal(settings: DestinationSettings, sealer: Sealer) {
  const secrets: Record<string, string> = {};
  const plain = mapSecrets(settings, (value, place) => {
    secrets[pathOf(place)] = sealer.seal(String(value), belongsTo(settings.id, place));
    return ""; // where it stands: what headers there are
  });
  return { plain, secrets };
}

/** Puts the secrets back. One that does not open (keys from elsewhere) is empty: the archive refuses the sign-in, which is told. */
export const unseal = (plain: DestinationSettings, secrets: Sealed, sealer: Sealer): DestinationSettings =>
  mapSecrets(plain, (_, place) => {
    try {
      return sealer.open(secrets[pathOf(place)] ?? "", belongsTo(plain.id, place));
    } catch {
      return "";
    }
  });

/** Whom a secret is shown: scheme, host and port. Nobody is shown one that was not meant for them. */
function shownTo({ auth, ...settings }: DestinationSettings): string {
  const origin = (address: unknown) => (typeof address === "string" ? URL.parse(address)?.origin : undefined);
  const tokens = isTable(auth) ? origin(auth.token_url) : undefined;
  const archive = new Set(addressFields.map((name) => origin(settings[name])).filter((it) => it !== undefined));
  return JSON.stringify([[...archive].sort(), tokens]);
}

/**
 * The settings as they are sent, with the secrets that are to stay as they were: sent back as `{ set: true }`, or fields of the
 * sign-in that were left out; null takes one away.
 */
export function withKept(sent: DestinationSettings, before: DestinationSettings | undefined) {
  const problems: ConfigProblem[] = [];
  const old = new Map<string, unknown>();
  if (before) mapSecrets(before, (value, place) => old.set(pathOf(place), value) && value);
  const type = (settings: DestinationSettings | undefined) =>
    isTable(settings?.auth) ? settings.auth.type : undefined;
  const elsewhere = before !== undefined && shownTo(sent) !== shownTo(before);
  const sameSignIn = type(sent) === type(before);

  const spread = isTable(sent.auth)
    ? {
        ...sent,
        auth: { ...Object.fromEntries(secretFields(sent.auth).map((name) => [name, undefined])), ...sent.auth },
      }
    : sent;
  const settings = mapSecrets(spread, (value, place) => {
    if (value === null) return undefined;
    if (value !== undefined && !isKept(value)) return value;
    const stays = old.get(pathOf(place));
    if (stays === undefined || (place.section === "auth" && !sameSignIn)) return value;
    if (!elsewhere) return stays;
    const message = "must be given again: it was meant for another address, and is not shown to this one";
    problems.push({ path: pathOf(place), message });
    return undefined;
  });
  return { settings, problems };
}
