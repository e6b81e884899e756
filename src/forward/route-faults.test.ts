import { expect, test } from "bun:test";
import type { RouteConfig } from "../core/config-schema.ts";
import { routeFaults } from "./route-faults.ts";
import { folderConfig } from "./test-box.ts";

const destination = ["main", "legacy", "echo"].map((id) => folderConfig(id));
type When = NonNullable<RouteConfig["when"]>;
const named = (name: string, when: When, ...to: string[]): RouteConfig => ({ name, when, to });
const faultsOf = (...route: RouteConfig[]) => routeFaults({ destination, route }).map(({ rule, code }) => [rule, code]);

test("sound rules are not complained of", () => {
  const stroke = named("stroke", { modality: ["CT", "MR"], service_level: "stat" }, "main");
  const night = named("night", { time: "22:00-06:00", description: "CT*" }, "legacy");
  expect(faultsOf(stroke, night, named("all", {}, "echo"))).toEqual([]);
});

test.each<[string, When]>([
  ["a time that ends when it begins", { time: "08:00-08:00" }],
  ["an AE title that is too long to be one", { ae_title: "A-TITLE-OF-17-CHR" }],
  ["nothing but spaces", { description: " " }],
  ["a backslash", { institution: "A\\B" }],
])("a rule that asks for %s can never match", (_, when) => {
  const [fault] = routeFaults({ destination, route: [named("a", when, "main")] });
  expect(fault).toMatchObject({ rule: "a", code: "never_matches" });
  expect(fault?.message).toContain("can never match");
});

test("one value of a list that can be there is enough", () => {
  expect(faultsOf(named("a", { ae_title: ["A-TITLE-OF-17-CHR", "MR1"] }, "main"))).toEqual([]);
});

const wide = named("wide", { modality: ["CT", "M*"] }, "main", "legacy");
test.each<[string, RouteConfig[], boolean]>([
  ["a copy", [wide, named("b", { modality: ["ct", "M*"] }, "main")], true],
  ["fewer values", [wide, named("b", { modality: "MR" }, "legacy")], true],
  ["one condition more", [wide, named("b", { modality: "CT", body_part: "HEAD" }, "main")], true],
  ["a narrower pattern", [wide, named("b", { modality: "MR*" }, "main")], true],
  ["behind a rule without condition", [named("a", {}, "main"), named("b", { time: "08:00-09:00" }, "main")], true],
  [
    "both service levels are no condition",
    [named("a", { service_level: ["stat", "routine"] }, "main"), named("b", {}, "main")],
    true,
  ],
  ["within the time", [named("a", { time: "20:00-06:00" }, "main"), named("b", { time: "23:00-01:00" }, "main")], true],
  ["two before it together", [wide, named("a", {}, "echo"), named("b", { modality: "CT" }, "echo", "main")], true],
  ["another destination", [wide, named("b", { modality: "MR" }, "echo")], false],
  ["more values", [wide, named("b", { modality: ["MR", "US"] }, "main")], false],
  ["a wider pattern", [wide, named("b", { modality: "*" }, "main")], false],
  ["another condition", [wide, named("b", { body_part: "HEAD" }, "main")], false],
  [
    "beyond the time",
    [named("a", { time: "20:00-06:00" }, "main"), named("b", { time: "19:00-21:00" }, "main")],
    false,
  ],
  ["before it, not behind", [named("b", { modality: "MR" }, "main"), wide], false],
])("shadowed: %s", (_, route, shadowed) => {
  expect(faultsOf(...route)).toEqual(shadowed ? [["b", "adds_nothing"]] : []);
});

test("names the rule that takes it all, and a destination that nobody has", () => {
  expect(routeFaults({ destination, route: [wide, named("b", { modality: "CT" }, "main")] })[0]?.message).toContain(
    '"wide"',
  );
  expect(faultsOf(named("a", {}, "main", "gone"))).toEqual([["a", "destination_unknown"]]);
});
