import { Kind, type TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { ConfigProblem } from "./config-error.ts";
import { nearest } from "./nearest.ts";

type Properties = Record<string, TSchema>;
type Table = Record<string, unknown>;

export const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
const join = (path: string, key: string) => (path === "" ? key : `${path}.${key}`);
const branches = (schema: TSchema): TSchema[] => (schema[Kind] === "Union" ? (schema.anyOf as TSchema[]) : []);
const isWord = (schema: TSchema) => schema[Kind] === "Literal";
const properties = (schema: TSchema) => (schema.properties ?? {}) as Properties;

/** Whether the value at this place may be shown in an error: never free text, which may be a secret. */
const showable = (schema: TSchema) =>
  isWord(schema) ||
  ["Integer", "Number", "Boolean"].includes(schema[Kind]) ||
  (branches(schema).length > 0 && branches(schema).every(isWord));

function range(schema: TSchema): string {
  const { minimum, exclusiveMinimum, maximum } = schema as Record<string, number | undefined>;
  const low =
    minimum !== undefined ? ` from ${minimum}` : exclusiveMinimum !== undefined ? ` above ${exclusiveMinimum}` : "";
  if (maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER)
    return low === "" ? "" : `${low}${minimum === undefined ? "" : " on"}`;
  return `${low} ${minimum === undefined ? "and" : ""} up to ${maximum}`.replace(/ +/g, " ");
}

const patterns: Record<string, string> = {
  "^https?://": "an address that begins with http:// or https://",
  "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$":
    "1 to 64 letters, digits, dots, dashes or underscores that begin with a letter or digit",
  "^(?=.*[^ ])[\\x20-\\x5b\\x5d-\\x7e]*$":
    "1 to 16 ASCII characters, not spaces alone, without a backslash (PS3.5 6.2, AE)",
  "^[0-2](\\.(0|[1-9][0-9]*))+$": "a UID root: digits and dots, at most 24 characters, no part with a leading zero",
};

/** What is allowed at this place, in words. */
export function allowed(schema: TSchema): string {
  const kinds: Record<string, () => string> = {
    Integer: () => `a whole number${range(schema)}`,
    Number: () => `a number${range(schema)}`,
    Boolean: () => "true or false",
    Literal: () => JSON.stringify(schema.const),
    Array: () => `a list${schema.minItems === undefined ? "" : " that is not empty"}`,
    Object: () => `a table with ${Object.keys(properties(schema)).join(", ")}`,
    Record: () => "a table of texts",
    String: () => patterns[schema.pattern ?? ""] ?? (schema.minLength ? "a text that is not empty" : "a text"),
    Union: () => [...new Set(branches(schema).map(allowed))].join(" or "),
  };
  return kinds[schema[Kind]]?.() ?? "another value";
}

function given(schema: TSchema, value: unknown): string {
  if (showable(schema) && ["string", "number", "boolean"].includes(typeof value))
    return JSON.stringify(value).slice(0, 60);
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a date";
  return typeof value === "string" ? "this text" : typeof value === "object" ? "a table" : `a ${typeof value}`;
}

/** An unknown key: the nearest one beside it, else the nearest anywhere (`max_files` belongs under `limits`). */
export function unknownKey(
  path: string,
  key: string,
  siblings: readonly string[],
  everywhere: readonly string[],
): ConfigProblem {
  const beside = nearest(key, siblings);
  const elsewhere = everywhere.find((known) => known.endsWith(`.${key}`)) ?? null;
  const hint = beside !== null ? join(path, beside) : elsewhere;
  const known = hint !== null ? `did you mean ${hint}?` : `allowed here: ${siblings.join(", ")}`;
  return { path: join(path, key), message: `is not a known key; ${known}` };
}

/** Of a union of tables told apart by a word (`type`), the one the value asks for. */
function chosen(schema: TSchema, value: unknown): { key: string; branch: TSchema | undefined; words: string[] } | null {
  const tables = branches(schema);
  const key = ["type", "kind"].find(
    (name) => tables.length > 0 && tables.every((t) => properties(t)[name]?.[Kind] === "Literal"),
  );
  if (key === undefined || !isTable(value)) return null;
  const word = (table: TSchema) => String(properties(table)[key]?.const);
  return { key, branch: tables.find((table) => word(table) === value[key]), words: tables.map(word) };
}

/** Everything by which the value departs from the schema, told by the key's path. */
export function problemsOf(
  schema: TSchema,
  value: unknown,
  path: string,
  everywhere: readonly string[] = [],
): ConfigProblem[] {
  if (schema[Kind] === "Object" && isTable(value)) {
    const known = properties(schema);
    const names = Object.keys(known);
    const unknown = Object.keys(value).filter((key) => !Object.hasOwn(known, key));
    const required = (schema.required ?? []) as string[];
    return [
      ...unknown.map((key) => unknownKey(path, key, names, everywhere)),
      ...Object.entries(known).flatMap(([key, field]) => {
        if (Object.hasOwn(value, key)) return problemsOf(field, value[key], join(path, key), everywhere);
        return required.includes(key)
          ? [{ path: join(path, key), message: `is missing; it must be ${allowed(field)}` }]
          : [];
      }),
    ];
  }
  const choice = chosen(schema, value);
  if (choice?.branch) return problemsOf(choice.branch, value, path, everywhere);
  if (choice)
    return [
      {
        path: join(path, choice.key),
        message: `must be one of ${choice.words.map((w) => JSON.stringify(w)).join(", ")}`,
      },
    ];
  if (schema[Kind] === "Array" && Array.isArray(value) && value.length >= (schema.minItems ?? 0)) {
    return value.flatMap((item, index) => problemsOf(schema.items as TSchema, item, `${path}[${index}]`, everywhere));
  }
  if (Value.Check(schema, value)) return [];
  return [{ path, message: `must be ${allowed(schema)}, not ${given(schema, value)}` }];
}
