import { expect, test } from "bun:test";
import type { RouteConfig } from "../core/config-schema.ts";
import { explainRoutes, type RoutableStudy, routeStudy, unknownDestinations } from "./route.ts";
import { folderConfig } from "./test-box.ts";

const stroke: RouteConfig = {
  name: "stroke",
  when: { modality: ["CT", "MR"], service_level: "stat" },
  to: ["main", "legacy"],
};
const ultrasound: RouteConfig = { name: "ultrasound", when: { modality: "us" }, to: ["echo", "main"] };
const destination = ["main", "legacy", "echo"].map((id) => folderConfig(id));
const study = (more: Partial<RoutableStudy> = {}): RoutableStudy => ({
  modalities: ["CT"],
  serviceLevel: "routine",
  destinationIds: [],
  ...more,
});

test.each([
  ["a rule with both conditions met", study({ serviceLevel: "stat" }), ["main", "legacy"]],
  ["one of two conditions is not enough", study(), ["main"]],
  ["modality in any case", study({ modalities: ["Us"] }), ["echo", "main"]],
  [
    "every rule that matches adds, each id once",
    study({ modalities: ["CT", "US"], serviceLevel: "stat" }),
    ["main", "legacy", "echo"],
  ],
  ["exact values: CT is not CTA", study({ modalities: ["CTA"], serviceLevel: "stat" }), ["main"]],
  ["destination_ids replace routing", study({ serviceLevel: "stat", destinationIds: ["echo", "echo"] }), ["echo"]],
  ["no modality: no rule on modality matches", study({ modalities: [], serviceLevel: "stat" }), ["main"]],
])("%s", (_, input, expected) => {
  expect(routeStudy({ destination, route: [stroke, ultrasound] }, input)).toEqual(expected);
});

test("a rule without a condition, or with an empty one, takes everything", () => {
  const route = [
    { name: "a", to: ["echo"] },
    { name: "b", when: {}, to: ["legacy"] },
  ];
  expect(routeStudy({ destination, route }, study())).toEqual(["echo", "legacy"]);
});

test("service level as a list", () => {
  const route: RouteConfig[] = [{ name: "a", when: { service_level: ["stat", "routine"] }, to: ["echo"] }];
  expect(routeStudy({ destination, route }, study())).toEqual(["echo"]);
});

test("without a match: all defaults, else the first, else nothing", () => {
  const defaults = [folderConfig("a"), folderConfig("b", { default: true }), folderConfig("c", { default: true })];
  expect(explainRoutes({ destination: defaults, route: [] }, study())).toMatchObject({
    destinations: ["b", "c"],
    applied: "default",
  });
  expect(explainRoutes({ destination, route: [stroke] }, study())).toMatchObject({
    destinations: ["main"],
    applied: "first",
  });
  expect(explainRoutes({ destination: [], route: [] }, study())).toMatchObject({ destinations: [], applied: "none" });
});

test("explains why each rule matched or did not", () => {
  const { rules, applied } = explainRoutes(
    { destination, route: [stroke, ultrasound] },
    study({ modalities: ["US"], serviceLevel: "stat" }),
  );
  expect(applied).toBe("rules");
  expect(rules).toEqual([
    { name: "stroke", matched: false, why: "modality US is not among CT, MR" },
    { name: "ultrasound", matched: true, why: "modality US is among us" },
  ]);
});

test("names the ids that no destination has", () => {
  expect(unknownDestinations({ destination }, ["main", "gone", "gone"])).toEqual(["gone"]);
});
