import { expect, test } from "bun:test";
import { routeConditions } from "../../src/contract/routing.ts";
import { conditionFields, faultWords, shownValues, typedValues, whenWords } from "./rule-words.ts";

test("a rule is said in plain words", () => {
  expect(whenWords({})).toBe("Every study");
  expect(whenWords({ modality: ["CT", "MR"], service_level: "stat" })).toBe(
    "When the modality is CT or MR and it is urgent (STAT)",
  );
  expect(whenWords({ institution: "Praxis S*", time: ["22:00-06:00"], user: "anna" })).toBe(
    "When it arrives within 22:00–06:00, the institution is Praxis S*, and the sender is anna",
  );
});

test("every condition that there is has a field", () => {
  expect(conditionFields.map(({ name }) => name).sort()).toEqual([...routeConditions].sort());
});

test("several values stand between commas, or on lines where a comma may be part of one", () => {
  for (const field of conditionFields) {
    const values = field.lines ? ["Praxis A, Bern", "St. Mary*"] : ["CT", "MR"];
    expect(typedValues(field, ` ${shownValues(field, values)} `)).toEqual(values);
    expect(typedValues(field, field.lines ? " \n" : " ,")).toEqual([]);
  }
});

test("what is wrong with a rule is said with its number", () => {
  const fault = { rule: "x", position: 4, message: "" };
  expect(faultWords({ ...fault, code: "never_matches", condition: "time" })).toBe(
    "Rule 4 can never match: no study meets its condition “Time of day”.",
  );
  expect(faultWords({ ...fault, code: "adds_nothing", by: ["a", "b"] })).toContain("“a” and “b” before it");
});
