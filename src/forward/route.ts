import type { Config, RouteConfig } from "../core/config-schema.ts";

type RoutingConfig = Pick<Config, "destination" | "route">;

/** What routing looks at. */
export interface RoutableStudy {
  readonly modalities: readonly string[];
  readonly serviceLevel: "routine" | "stat";
  /** Asked for by the sender; not empty: replaces routing. */
  readonly destinationIds: readonly string[];
}

/** Why a study goes where it goes. */
export interface RouteExplanation {
  readonly rules: readonly { readonly name: string; readonly matched: boolean; readonly why: string }[];
  readonly destinations: readonly string[];
  /** asked: destination_ids · rules: at least one matched · default: those with default = true · first: the first configured · none: no destination. */
  readonly applied: "asked" | "rules" | "default" | "first" | "none";
}

/** The study's value beside the rule's, or null where the rule does not ask. */
interface Condition {
  readonly name: string;
  readonly asked: string | readonly string[] | undefined;
  readonly present: readonly string[];
}

const list = (value: string | readonly string[]): readonly string[] => (typeof value === "string" ? [value] : value);
const unique = (ids: readonly string[]): string[] => [...new Set(ids)];

function meets({ name, asked, present }: Condition): { matched: boolean; why: string } {
  if (asked === undefined) return { matched: true, why: "" };
  const wanted = list(asked).map((value) => value.toLowerCase());
  const hit = present.find((value) => wanted.includes(value.toLowerCase()));
  const rule = list(asked).join(", ");
  if (hit !== undefined) return { matched: true, why: `${name} ${hit} is among ${rule}` };
  return { matched: false, why: `${name} ${present.join(", ") || "(none)"} is not among ${rule}` };
}

function explainRule(rule: RouteConfig, study: RoutableStudy): { matched: boolean; why: string } {
  const results = [
    meets({ name: "modality", asked: rule.when?.modality, present: study.modalities }),
    meets({ name: "service level", asked: rule.when?.service_level, present: [study.serviceLevel] }),
  ];
  const matched = results.every((result) => result.matched);
  const reasons = results.filter((result) => result.why && result.matched === matched).map((result) => result.why);
  return { matched, why: reasons.join("; ") || "the rule has no condition" };
}

/** Every rule that matches adds its destinations; none: those with default = true, else the first (CONTRACT §2). */
export function explainRoutes(config: RoutingConfig, study: RoutableStudy): RouteExplanation {
  const rules = config.route.map((rule) => ({ name: rule.name, ...explainRule(rule, study) }));
  const matched = config.route.filter((_, index) => rules[index]?.matched).flatMap((rule) => rule.to);
  const defaults = config.destination.filter((destination) => destination.default).map(({ id }) => id);
  const first = config.destination.slice(0, 1).map(({ id }) => id);
  const candidates = [
    { applied: "asked", destinations: study.destinationIds },
    { applied: "rules", destinations: matched },
    { applied: "default", destinations: defaults },
    { applied: "first", destinations: first },
  ] as const;
  const chosen = candidates.find(({ destinations }) => destinations.length > 0);
  return { rules, destinations: unique(chosen?.destinations ?? []), applied: chosen?.applied ?? "none" };
}

/** The ids of the destinations a study goes to; empty: there is none, the study is parked. */
export const routeStudy = (config: RoutingConfig, study: RoutableStudy): string[] => [
  ...explainRoutes(config, study).destinations,
];

/** Those of the ids that no destination has. */
export function unknownDestinations(config: Pick<Config, "destination">, ids: readonly string[]): string[] {
  const known = new Set(config.destination.map(({ id }) => id));
  return unique(ids).filter((id) => !known.has(id));
}
