import { afterAll, expect, test } from "bun:test";
import { Value } from "@sinclair/typebox/value";
import fc from "fast-check";
import { RouteQuestion } from "../contract/routing.ts";
import type { RouteConfig } from "../core/config-schema.ts";
import { insertInvitation } from "../db/invitations.ts";
import type { InspectedInstance } from "../dicom/inspection.ts";
import { groupByStudy } from "../study/group.ts";
import { explainRoutes, routeStudy } from "./route.ts";
import { routableAsked, routableOf } from "./route-facts.ts";
import { clockTime, localMinute } from "./route-time.ts";
import { folderConfig, openTestBox } from "./test-box.ts";

const box = openTestBox();
afterAll(() => box.close());

const values = {
  modality: ["CT", "MR", "US", "CR", ""],
  body_part: ["HEAD", "CHEST", "ABDOMEN", ""],
  ae_title: ["MR1", "CT_SOUTH", "CT_NORTH", ""],
  institution: ["St. Mary's", "Praxis Süd", "General Hospital", ""],
  description: ["CT Head w/o", "Stroke protocol", "Thorax ap", "MRT Knie (li)", ""],
};
const labels = ["Clinic South", "Praxis Nord", "x"];
const patterns = ["*south*", "CT*", "St. *", "*(li)"];
const destinations = Array.from({ length: 12 }, (_, index) => `pacs-${index}`);

const asked = (own: readonly string[]) => {
  const one = fc.constantFrom(...own.filter(Boolean), ...patterns);
  return fc.option(fc.oneof(one, fc.uniqueArray(one, { minLength: 1, maxLength: 3 })), { nil: undefined, freq: 3 });
};
const time = fc.nat({ max: 1439 }).map(clockTime);
const when = fc.record({
  modality: asked(values.modality),
  service_level: fc.option(fc.constantFrom("routine" as const, "stat" as const), { nil: undefined }),
  body_part: asked(values.body_part),
  user: fc.option(fc.constantFrom("u", "U*", "anna"), { nil: undefined }),
  invitation: asked(labels),
  ae_title: asked(values.ae_title),
  institution: asked(values.institution),
  description: asked(values.description),
  time: fc.option(
    fc.tuple(time, time).map(([from, until]) => `${from}-${until}`),
    { nil: undefined },
  ),
});
/** Each rule asks for four to six things: nobody would ever meet one with nine. */
const rule = fc
  .tuple(
    when,
    fc.subarray(Object.keys(values).concat("service_level", "user", "invitation", "time"), {
      minLength: 4,
      maxLength: 6,
    }),
    fc.subarray(destinations, { minLength: 1, maxLength: 2 }),
  )
  .map(([all, keys, to]): Omit<RouteConfig, "name"> => {
    const some = Object.entries(all).filter(([key, value]) => keys.includes(key) && value !== undefined);
    return { when: Object.fromEntries(some), to };
  })
  .filter((it) => Object.keys(it.when ?? {}).length >= 4);
const [drawn = []] = fc.sample(fc.array(rule, { minLength: 50, maxLength: 50 }), { numRuns: 1, seed: 6 });
const config = {
  destination: destinations.map((id) => folderConfig(id)),
  route: drawn.map((it, index) => ({ name: `rule-${index}`, ...it })),
};

const image = fc.record({
  modality: fc.constantFrom(...values.modality),
  bodyPartExamined: fc.constantFrom(...values.body_part),
  sourceAETitle: fc.constantFrom(...values.ae_title),
  institutionName: fc.constantFrom(...values.institution),
  studyDescription: fc.constantFrom(...values.description),
  seriesDescription: fc.constantFrom(...values.description),
});
const sent = fc.record({
  images: fc.array(image, { minLength: 1, maxLength: 3 }),
  serviceLevel: fc.constantFrom("routine" as const, "stat" as const),
  label: fc.option(fc.constantFrom(...labels)),
  at: fc.integer({ min: 1_700_000_000_000, max: 1_700_086_400_000 }),
});

for (const label of labels)
  insertInvitation(box.db.orm, { id: label, userId: box.userId, codeHash: label, label, createdAt: 0, endsAt: 0 });

test("50 rules, 10 000 studies: what is tried by their tags is where they go", () => {
  const applied = new Map<string, number>();
  fc.assert(
    fc.property(sent, ({ images, serviceLevel, label, at }) => {
      // As a study comes: grouped, and asked for with its upload's row.
      const own = { studyInstanceUID: "2.25.1", patientID: "", patientName: "", patientBirthDate: "" };
      const inspected = images.map((it) => ({ ...own, ...it }) as unknown as InspectedInstance);
      const [study] = groupByStudy(
        inspected.map((it) => ({ inspected: it, path: "", fileSize: 0, sha256: "", fileName: "" })),
      ).studies;
      if (!study) return false;
      const upload = { userId: box.userId, invitationId: label, destinationIds: [] };
      const taken = routeStudy(config, routableOf(box.db.orm, upload, { ...study, serviceLevel }, at));
      // As somebody asks: by a body that went over the wire.
      const of = (field: keyof (typeof images)[number]) => images.map((it) => it[field]).filter(Boolean);
      const question = {
        modality: of("modality"),
        service_level: serviceLevel,
        body_part: of("bodyPartExamined"),
        user: "u",
        ...(label === null ? {} : { invitation: label }),
        ae_title: of("sourceAETitle"),
        institution: of("institutionName"),
        description: [...of("studyDescription"), ...of("seriesDescription")],
        time: clockTime(localMinute(at)),
      };
      if (!Value.Check(RouteQuestion, question)) return false;
      const trial = explainRoutes(config, routableAsked(question, 0));
      applied.set(trial.applied, (applied.get(trial.applied) ?? 0) + 1);
      // The rules that are said to match are those that the destinations come from.
      const said = new Set(trial.rules.filter((it) => it.matched).flatMap((it) => it.to));
      return (
        Bun.deepEquals(taken, trial.destinations) && (trial.applied !== "rules" || Bun.deepEquals(said, new Set(taken)))
      );
    }),
    { numRuns: 10_000, seed: 6 },
  );
  // Many meet a rule, many none.
  expect(applied.get("rules")).toBeGreaterThan(1000);
  expect(applied.get("first")).toBeGreaterThan(100);
}, 60_000);
