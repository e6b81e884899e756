import type { DestinationSettings } from "../../src/contract/admin.ts";
import type { Field, Template } from "./destination-fields.ts";

/** What stands in a form, by a field's path; a check is "true" or "". */
export type Values = Readonly<Record<string, string>>;
type Table = Record<string, unknown>;

const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const at = (settings: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((value, key) => (isTable(value) ? value[key] : undefined), settings);

/** Whether the box keeps a secret there, which it tells to nobody. */
export const isKept = (settings: DestinationSettings | null, path: string): boolean => {
  const value = at(settings, path);
  return isTable(value) && value.set === true;
};

/** The fields that there are with this way to sign in, under the checks that are set. */
export const fieldsWith = ({ fields }: Template, values: Values): readonly Field[] =>
  fields.filter(
    ({ auth, under }) =>
      (auth === undefined || auth.some((way) => way === values["auth.type"])) &&
      (under === undefined || values[under] === "true"),
  );

/** Stands for a header's value, which is a secret. */
const hidden = "•••";
const headerLines = (headers: Table): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : hidden}`)
    .join("\n");
function headersIn(lines: string): Table {
  const pairs = lines.split("\n").filter((line) => line.trim() !== "");
  return Object.fromEntries(
    pairs.map((line) => {
      const [name = "", ...value] = line.split(":");
      const text = value.join(":").trim();
      return [name.trim(), text === hidden ? { set: true } : text];
    }),
  );
}

/** How a form begins; secrets are not shown. */
export function valuesOf({ fields, signIns }: Template, settings: DestinationSettings | null): Values {
  const text = ({ path, input }: Field): string => {
    const value = at(settings, path);
    if (input === "check") return value === true || isTable(value) ? "true" : "";
    if (input === "headers") return isTable(value) ? headerLines(value) : "";
    if (value === undefined && path === "auth.type") return settings === null ? (signIns[0] ?? "") : "none";
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  return Object.fromEntries(fields.map((field) => [field.path, text(field)]));
}

/**
 * What the box is told: what stands in the form, over what was there before; an empty field takes a setting away, but not a secret,
 * and what the form does not know stays.
 */
export function settingsOf(
  template: Template,
  values: Values,
  before: DestinationSettings | null,
): DestinationSettings {
  const signIn = values["auth.type"] ?? "";
  const settings: DestinationSettings = {
    ...structuredClone(before),
    id: values.id ?? before?.id ?? "",
    kind: template.kind,
  };
  const sections = settings as unknown as Table;
  if (signIn !== at(before, "auth.type")) delete sections.auth;
  for (const field of fieldsWith(template, values)) put(sections, field.path, field.input, values[field.path] ?? "");
  if (signIn === "none") delete sections.auth;
  for (const section of ["auth", "tls"]) {
    if (!isTable(sections[section]) || Object.keys(sections[section]).length > 0) continue;
    if (values[section] === "true") sections[section] = true;
    else delete sections[section];
  }
  return settings;
}

function put(settings: Table, path: string, input: Field["input"], typed: string): void {
  const [name = "", inner] = path.split(".");
  if (inner !== undefined) {
    if (typed === "" && !isTable(settings[name])) return;
    const section = isTable(settings[name]) ? settings[name] : {};
    settings[name] = section;
    put(section, inner, input, typed);
    return;
  }
  const text = input === "secret" || input === "long" ? typed : typed.trim();
  const there = settings[name];
  if (input === "check") {
    // TLS with certificates of its own is a table, which the check alone does not take away
    if (text === "true") settings[name] = isTable(there) ? there : true;
    else delete settings[name];
  } else if (input === "headers" && text !== "") settings[name] = headersIn(text);
  else if (text !== "") settings[name] = input === "number" ? Number(text) : text;
  else if (!(isTable(there) && there.set === true)) delete settings[name];
}
