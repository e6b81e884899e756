import type { DestinationSettings, KeptSecret } from "../contract/admin.ts";
import { isTable } from "./config-check.ts";
import { addressFields, authSecrets } from "./config-schema.ts";

type Table = Readonly<Record<string, unknown>>;

/** Where in a destination's table a secret stands. Values of headers are secrets, too: many a gateway's key is one. */
export interface SecretPlace {
  readonly section: "auth" | "headers";
  readonly name: string;
}
export const pathOf = ({ section, name }: SecretPlace): string => `${section}.${name}`;

export const kept: KeptSecret = { set: true };
export const isKept = (value: unknown): boolean =>
  isTable(value) && Object.keys(value).join() === "set" && value.set === true;

/** The secret fields of a sign-in, whether they are there or not; none where its type is none that is known. */
export function secretFields(auth: unknown): readonly string[] {
  if (!isTable(auth) || typeof auth.type !== "string" || !Object.hasOwn(authSecrets, auth.type)) return [];
  return authSecrets[auth.type as keyof typeof authSecrets];
}

/** The table with each of its secrets changed; one that becomes undefined is left out. */
export function mapSecrets<T extends Table>(settings: T, change: (value: unknown, place: SecretPlace) => unknown): T {
  const places = (section: SecretPlace["section"], table: unknown, names: readonly string[]) => {
    if (!isTable(table)) return {};
    const changed = Object.entries(table).map(([name, value]) =>
      names.includes(name) ? [name, change(value, { section, name })] : [name, value],
    );
    return { [section]: Object.fromEntries(changed.filter(([, value]) => value !== undefined)) };
  };
  const { auth, headers } = settings;
  return {
    ...settings,
    ...places("auth", auth, secretFields(auth)),
    ...places("headers", headers, isTable(headers) ? Object.keys(headers) : []),
  };
}

/** An address without anybody's name and password. */
function bareAddress(value: unknown): unknown {
  const url = typeof value === "string" ? URL.parse(value) : null;
  if (url === null || (url.username === "" && url.password === "")) return value;
  url.username = "";
  url.password = "";
  return url.href;
}

/** What an answer may tell of a destination's settings: everything but secrets; an empty one is none. */
export function shownSettings(settings: DestinationSettings): DestinationSettings {
  const { auth, ...shown } = mapSecrets(settings, (value) => (value === "" ? undefined : kept));
  const addresses = addressFields.filter((name) => name in shown).map((name) => [name, bareAddress(shown[name])]);
  const bare = { ...shown, ...Object.fromEntries(addresses) };
  if (!isTable(auth)) return bare;
  return { ...bare, auth: "token_url" in auth ? { ...auth, token_url: bareAddress(auth.token_url) } : auth };
}
