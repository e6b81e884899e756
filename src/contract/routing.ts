import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { closed, nullable } from "./shapes.ts";

/** What a rule can ask of a study's texts; the names are those of the configuration (CONTRACT §2). */
export const routeTexts = [
  "modality",
  "service_level",
  "body_part",
  "user",
  "invitation",
  "ae_title",
  "institution",
  "description",
] as const;
export type RouteText = (typeof routeTexts)[number];

/** What the images themselves say, beside their modality: each value once. */
export type RouteTags = Readonly<Record<"body_part" | "ae_title" | "institution" | "description", readonly string[]>>;

const text = Type.String({ minLength: 1, maxLength: 256 });
const texts = Type.Union([text, Type.Array(text, { maxItems: 100 })]);
const optional = <T extends TSchema>(schema: T) => Type.Optional(schema);

/** POST /admin/routes/try: a study that need not exist. What is left out is taken as missing in the images. */
export const RouteQuestion = Type.Object(
  {
    /** One that came earlier: what is still known of it holds where nothing else is given beside it. */
    study: optional(Type.Object({ upload_id: text, study_instance_uid: text }, closed)),
    modality: optional(texts),
    service_level: optional(Type.Union([Type.Literal("routine"), Type.Literal("stat")])),
    body_part: optional(texts),
    user: optional(text),
    invitation: optional(text),
    ae_title: optional(texts),
    institution: optional(texts),
    description: optional(texts),
    /** HH:MM by the box's own clock; left out: now. */
    time: optional(Type.String({ pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$" })),
    destination_ids: optional(Type.Array(text, { maxItems: 100 })),
  },
  closed,
);
export type RouteQuestion = Static<typeof RouteQuestion>;

/** What a condition of a rule is on. */
export const routeConditions = [...routeTexts, "time"] as const;
export type RouteCondition = (typeof routeConditions)[number];
const Condition = Type.Unsafe<RouteCondition>(Type.Union(routeConditions.map((name) => Type.Literal(name))));

export const RouteFault = Type.Object({
  rule: Type.String(),
  /** Which of the rules, from 1. */
  position: Type.Integer(),
  code: Type.Union([Type.Literal("never_matches"), Type.Literal("adds_nothing"), Type.Literal("destination_unknown")]),
  message: Type.String(),
  /** What no study has: the condition that cannot be met. */
  condition: optional(Condition),
  /** The rules before it that take all that it takes. */
  by: optional(Type.Array(Type.String())),
});
export type RouteFault = Static<typeof RouteFault>;

/** Why a study goes where it goes. */
export const RouteExplanation = Type.Object({
  rules: Type.Array(
    Type.Object({
      name: Type.String(),
      matched: Type.Boolean(),
      why: Type.String(),
      to: Type.Array(Type.String()),
      /** Each condition: what the rule wants, what the study has (null: not known), and whether that meets it. */
      conditions: Type.Array(
        Type.Object({
          name: Condition,
          wanted: Type.Array(Type.String()),
          found: nullable(Type.Array(Type.String())),
          matched: nullable(Type.Boolean()),
        }),
      ),
    }),
  ),
  destinations: Type.Array(Type.String()),
  /** asked: destination_ids · rules: at least one matched · default: those with default = true · first: the first configured · none: no destination. */
  applied: Type.Union([
    Type.Literal("asked"),
    Type.Literal("rules"),
    Type.Literal("default"),
    Type.Literal("first"),
    Type.Literal("none"),
  ]),
});
export type RouteExplanation = Static<typeof RouteExplanation>;

export const RouteTrial = Type.Composite([
  RouteExplanation,
  Type.Object({ study: Type.Record(Type.String(), Type.Unknown()), faults: Type.Array(RouteFault) }),
]);
export type RouteTrial = Static<typeof RouteTrial>;
