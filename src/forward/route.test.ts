import { expect, test } from "bun:test";
import type { RouteQuestion } from "../contract/routing.ts";
import type { RouteConfig } from "../core/config-schema.ts";
import { explainRoutes, possibleDestinations, routeStudy, unknownDestinations } from "./route.ts";
import { routableAgain, routableAsked } from "./route-facts.ts";
import { folderConfig } from "./test-box.ts";

const stroke: RouteConfig = {
  name: "stroke",
  when: { modality: ["CT", "MR"], service_level: "stat" },
  to: ["main", "legacy"],
};
const ultrasound: RouteConfig = { name: "ultrasound", when: { modality: "us" }, to: ["echo", "main"] };
const destination = ["main", "legacy", "echo"].map((id) => folderConfig(id));
const study = (more: RouteQuestion = {}) => routableAsked({ modality: "CT", ...more }, 0);

test.each([
  ["a rule with both conditions met", study({ service_level: "stat" }), ["main", "legacy"]],
  ["one of two conditions is not enough", study(), ["main"]],
  ["modality in any case", study({ modality: ["Us"] }), ["echo", "main"]],
  [
    "every rule that matches adds, each id once",
    study({ modality: ["CT", "US"], service_level: "stat" }),
    ["main", "legacy", "echo"],
  ],
  ["exact values: CT is not CTA", study({ modality: ["CTA"], service_level: "stat" }), ["main"]],
  ["destination_ids replace routing", study({ service_level: "stat", destination_ids: ["echo", "echo"] }), ["echo"]],
  ["no modality: no rule on modality matches", study({ modality: [], service_level: "stat" }), ["main"]],
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
    study({ modality: ["US"], service_level: "stat" }),
  );
  expect(applied).toBe("rules");
  expect(rules).toEqual([
    {
      name: "stroke",
      matched: false,
      why: "modality US is not among CT, MR",
      to: ["main", "legacy"],
      conditions: [
        { name: "modality", wanted: ["CT", "MR"], found: ["US"], matched: false },
        { name: "service_level", wanted: ["stat"], found: ["stat"], matched: true },
      ],
    },
    {
      name: "ultrasound",
      matched: true,
      why: "modality US is among us",
      to: ["echo", "main"],
      conditions: [{ name: "modality", wanted: ["us"], found: ["US"], matched: true }],
    },
  ]);
});

test("names the ids that no destination has", () => {
  expect(unknownDestinations({ destination }, ["main", "gone", "gone"])).toEqual(["gone"]);
});

const rule = (when: NonNullable<RouteConfig["when"]>): RouteConfig => ({ name: "a", when, to: ["echo"] });
const met = (when: NonNullable<RouteConfig["when"]>, question: RouteQuestion) =>
  explainRoutes({ destination, route: [rule(when)] }, study(question)).rules[0];

test.each([
  ["body_part", "chest", { body_part: "CHEST" }, { body_part: "ABDOMEN" }],
  ["body_part", ["HEAD", "NECK"], { body_part: ["ARM", "NECK"] }, {}],
  ["user", "anna", { user: "Anna" }, { user: "annabel" }],
  ["invitation", "*", { invitation: "Clinic South" }, {}],
  ["ae_title", "MR?", { ae_title: "MR1" }, { ae_title: "MR12" }],
  ["institution", "St. Mary*", { institution: "St. Mary's Hospital" }, { institution: "Old St. Mary's" }],
  ["description", ["*stroke*", "CTA"], { description: "CT Head/STROKE protocol" }, { description: "CTA neck" }],
  ["time", "08:00-17:30", { time: "17:29" }, { time: "17:30" }],
  ["time", "22:00-06:00", { time: "00:00" }, { time: "21:59" }],
  ["time", ["00:00-01:00", "23:00-24:00"], { time: "23:59" }, { time: "01:00" }],
] as const)("a rule on %s %j takes %j, not %j", (key, value, yes, no) => {
  const when = { [key]: typeof value === "string" ? value : [...value] };
  const asked = (question: object) => JSON.parse(JSON.stringify(question)) as RouteQuestion;
  expect(met(when, asked(yes))?.matched).toBe(true);
  expect(met(when, asked(no))?.matched).toBe(false);
});

test("says of each condition that is not met what was there instead", () => {
  const why = met({ body_part: "HEAD", time: "08:00-09:00", modality: "CT" }, { body_part: "ARM", time: "10:05" })?.why;
  expect(why).toBe("body part ARM is not among HEAD; time 10:05 is not within 08:00-09:00");
});

test("of a study that comes again goes where the unknown may lead, and the known must", () => {
  const again = routableAgain({ modalities: ["CT"], serviceLevel: "routine", destinationIds: [] });
  const certain = { name: "ct", when: { modality: "CT" }, to: ["main"] };
  const maybe = { name: "south", when: { modality: "CT", institution: "South" }, to: ["legacy"] };
  const never = { name: "us", when: { modality: "US", institution: "South" }, to: ["echo"] };
  expect(possibleDestinations({ destination, route: [certain, maybe, never] }, again)).toEqual(["main", "legacy"]);
  expect(routeStudy({ destination, route: [certain, maybe, never] }, again)).toEqual(["main"]);
});
