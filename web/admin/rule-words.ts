import type { AdminRoute } from "../../src/contract/admin.ts";
import type { RouteCondition, RouteFault } from "../../src/contract/routing.ts";
import { language } from "../core/text.ts";
import { tell } from "./words.ts";
import type { AdminWord } from "./words-en.ts";

type When = AdminRoute["when"];

/** A condition as a field: what it is on, and how several values are told apart where commas may be part of one. */
export interface ConditionField {
  readonly name: RouteCondition;
  readonly word: AdminWord;
  readonly sentence: AdminWord;
  readonly placeholder?: string;
  readonly lines?: true;
  /** Folded away: few need it. */
  readonly more?: true;
}
/** Every condition that a rule can have, as a form shows them. */
export const conditionFields: readonly ConditionField[] = [
  { name: "modality", word: "on_modality", sentence: "if_modality", placeholder: "CT, MR" },
  { name: "service_level", word: "on_service_level", sentence: "if_service_level" },
  { name: "body_part", word: "on_body_part", sentence: "if_body_part", placeholder: "HEAD, NECK" },
  { name: "time", word: "on_time", sentence: "if_time", placeholder: "22:00-06:00", more: true },
  { name: "institution", word: "on_institution", sentence: "if_institution", lines: true, more: true },
  {
    name: "description",
    word: "on_description",
    sentence: "if_description",
    placeholder: "*stroke*",
    lines: true,
    more: true,
  },
  { name: "ae_title", word: "on_ae_title", sentence: "if_ae_title", more: true },
  { name: "user", word: "on_user", sentence: "if_user", more: true },
  { name: "invitation", word: "on_invitation", sentence: "if_invitation", lines: true, more: true },
];
const fieldOf = (name: string) => conditionFields.find((field) => field.name === name);

export const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === "string" ? [value] : value;
const joined = (values: readonly string[], type: "conjunction" | "disjunction"): string =>
  new Intl.ListFormat(language(), { type }).format(values);
export const and = (values: readonly string[]): string => joined(values, "conjunction");
export const or = (values: readonly string[]): string => joined(values, "disjunction");

/** A value as people say it: "22:00-06:00" is a span, "stat" a word. */
const said = (name: string, value: string): string =>
  name === "service_level"
    ? tell(value === "stat" ? "level_stat" : "level_routine")
    : value.replace(/^(\d\d:\d\d)-/, "$1–");
export const wantedWords = (name: string, values: readonly string[]): string => or(values.map((it) => said(name, it)));
export const conditionWord = (name: string): string => {
  const field = fieldOf(name);
  return field === undefined ? name : tell(field.word);
};

/** When a rule takes a study, in words: "When the modality is CT or MR and it is urgent (STAT)". */
export function whenWords(when: When): string {
  const known = conditionFields.filter(({ name }) => when[name] !== undefined);
  if (known.length === 0) return tell("rule_all");
  const conditions = known.map(({ name, sentence }) =>
    tell(sentence, { values: wantedWords(name, listOf(when[name])) }),
  );
  return tell("rule_if", { conditions: and(conditions) });
}

/** What is wrong with a rule. */
export function faultWords({ code, position, condition, by = [] }: RouteFault): string {
  const word: AdminWord = `fault_${code}`;
  return tell(word, { n: position, condition: conditionWord(condition ?? ""), by: and(by.map((name) => `“${name}”`)) });
}

/** What stands in a form's field for a condition, and back. */
export const shownValues = ({ lines }: ConditionField, value: string | readonly string[] | undefined): string =>
  listOf(value).join(lines ? "\n" : ", ");
export const typedValues = ({ lines }: ConditionField, typed: string): readonly string[] =>
  typed
    .split(lines ? "\n" : ",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
