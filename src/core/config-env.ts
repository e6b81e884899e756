import { Kind, type TSchema } from "@sinclair/typebox";
import { isTable } from "./config-check.ts";
import type { ConfigProblem } from "./config-error.ts";
import { nearest } from "./nearest.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The one place that reads the process's environment. */
export const processEnvironment = (): Environment => process.env;

const prefix = "RELAYPACS_";
/** Variables that are not keys of the file: where the file is, and the access token for `send`. */
const reserved = ["RELAYPACS_CONFIG", "RELAYPACS_TOKEN"];

interface Scalar {
  readonly path: readonly string[];
  readonly schema: TSchema;
}

/** Every key of the schema that a variable can set, by the variable's name; tables are walked, lists cannot be set. */
export function scalars(schema: TSchema, path: readonly string[] = []): Map<string, Scalar> {
  const found = new Map<string, Scalar>();
  for (const [key, field] of Object.entries((schema.properties ?? {}) as Record<string, TSchema>)) {
    const here = [...path, key];
    if (field[Kind] === "Object") for (const entry of scalars(field, here)) found.set(...entry);
    else if (field[Kind] !== "Array") found.set(prefix + here.join("__").toUpperCase(), { path: here, schema: field });
  }
  return found;
}

const numberText = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const words = new Map([
  ["true", true],
  ["false", false],
]);

/** A variable's text as the type its key has; text that does not fit is left for the check to tell. */
function convert(schema: TSchema, text: string): unknown {
  if (schema[Kind] === "Boolean") return words.get(text.trim().toLowerCase()) ?? text;
  if (schema[Kind] !== "Integer" && schema[Kind] !== "Number") return text;
  return numberText.test(text.trim()) ? Number(text) : text;
}

/** Every `{ env = "NAME" }` in the file: such a variable may have any name, also one that begins with RELAYPACS_. */
function namedBySecrets(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namedBySecrets);
  if (!isTable(value)) return [];
  return typeof value.env === "string" ? [value.env] : Object.values(value).flatMap(namedBySecrets);
}

/** Lays the RELAYPACS_ variables over the file's values: `RELAYPACS_LIMITS__MAX_FILES` sets `limits.max_files` (CONTRACT §2). */
export function overlayEnvironment(schema: TSchema, file: Readonly<Record<string, unknown>>, environment: Environment) {
  const known = scalars(schema);
  const others = [...reserved, ...namedBySecrets(file)];
  const values = structuredClone(file) as Record<string, unknown>;
  const problems: ConfigProblem[] = [];
  /** Which variable gave which key, so that a fault is told by the name the person wrote. */
  const origin = new Map<string, string>();
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(prefix) || text === undefined || others.includes(name)) continue;
    const scalar = known.get(name);
    if (scalar === undefined) {
      const near = nearest(name, [...known.keys(), ...reserved]);
      const hint = near === null ? "lists and destinations are set in the file" : `did you mean ${near}?`;
      problems.push({ path: name, message: `is not a known variable; ${hint}` });
      continue;
    }
    let table = values;
    for (const key of scalar.path.slice(0, -1)) {
      if (table[key] === undefined) table[key] = {};
      const inner = table[key];
      table = isTable(inner) ? inner : {}; // a value of another type is left for the check to tell
    }
    table[scalar.path.at(-1) ?? ""] = convert(scalar.schema, text);
    origin.set(scalar.path.join("."), name);
  }
  return { values, problems, origin };
}
