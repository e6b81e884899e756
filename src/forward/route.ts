import {
  type RouteCondition,
  type RouteExplanation,
  type RouteText,
  routeConditions,
  routeTexts,
} from "../contract/routing.ts";
import type { Config, RouteConfig } from "../core/config-schema.ts";
import { wildcard } from "../core/wildcard.ts";
import type { RoutableStudy, RouteFacts } from "./route-facts.ts";
import { clockTime, isWithin, type Span, spansOf } from "./route-time.ts";

export type RoutingConfig = Pick<Config, "destination" | "route">;

/** What a condition, or a whole rule, says of a study; null: what it asks for is not known. */
interface Verdict {
  readonly matched: boolean | null;
  readonly why: string;
}
type Judged = Verdict & { readonly conditions: RouteExplanation["rules"][number]["conditions"] };

export const listOf = (value: string | readonly string[]): readonly string[] =>
  typeof value === "string" ? [value] : value;
const unique = (ids: readonly string[]): string[] => [...new Set(ids)];
export const nameOf = (condition: string): string =>
  condition === "ae_title" ? "AE title" : condition.replaceAll("_", " ");

/** A condition of a rule as it is compared; made once for a rule. */
interface Condition {
  readonly key: RouteCondition;
  readonly name: string;
  /** As the configuration has it. */
  readonly wanted: readonly string[];
  /** The same, for people. */
  readonly rule: string;
  readonly patterns: readonly ((text: string) => boolean)[];
  readonly spans: readonly Span[];
}
const conditionsOfRules = new WeakMap<RouteConfig, readonly Condition[]>();

function conditionsOf(rule: RouteConfig): readonly Condition[] {
  const known = conditionsOfRules.get(rule);
  if (known !== undefined) return known;
  const made = routeConditions.flatMap((key): Condition[] => {
    const asked = rule.when?.[key];
    if (asked === undefined) return [];
    const values = listOf(asked);
    const patterns = key === "time" ? [] : values.map((value) => wildcard(value.trim().toLowerCase()));
    const spans = key === "time" ? spansOf(values) : [];
    return [{ key, name: nameOf(key), wanted: values, rule: values.join(", "), patterns, spans }];
  });
  conditionsOfRules.set(rule, made);
  return made;
}

/** A study's values as they are shown and as they are compared. */
type Folded = ReadonlyMap<RouteText, readonly (readonly [shown: string, folded: string])[]>;
const fold = (facts: RouteFacts): Folded =>
  new Map(
    routeTexts.flatMap((key) => {
      const values = facts[key];
      return values === null ? [] : [[key, values.map((value) => [value, value.toLowerCase()] as const)] as const];
    }),
  );

function meets({ key, name, rule, patterns, spans }: Condition, folded: Folded, minute: number | null): Verdict {
  if (key === "time") {
    if (minute === null) return { matched: null, why: "time is not known" };
    const matched = isWithin(minute, spans);
    return { matched, why: `time ${clockTime(minute)} is ${matched ? "" : "not "}within ${rule}` };
  }
  const present = folded.get(key);
  if (present === undefined) return { matched: null, why: `${name} is not known` };
  const hit = present.find(([, value]) => patterns.some((takes) => takes(value)));
  if (hit !== undefined) return { matched: true, why: `${name} ${hit[0]} is among ${rule}` };
  const shown = present.map(([value]) => value).join(", ");
  return { matched: false, why: `${name} ${shown || "(none)"} is not among ${rule}` };
}

/** All conditions of a rule have to be met, each by any one of the study's values. */
function judge(rule: RouteConfig, folded: Folded, minute: number | null): Judged {
  const conditions = conditionsOf(rule);
  const verdicts = conditions.map((condition) => meets(condition, folded, minute));
  const of = (matched: boolean | null) => verdicts.filter((verdict) => verdict.matched === matched);
  const [failed, unknown] = [of(false), of(null)];
  const decisive = failed.length > 0 ? failed : unknown.length > 0 ? unknown : verdicts;
  return {
    matched: failed.length > 0 ? false : unknown.length > 0 ? null : true,
    why: decisive.map(({ why }) => why).join("; ") || "the rule has no condition",
    conditions: conditions.map(({ key, wanted }, index) => ({
      name: key,
      wanted: [...wanted],
      found: key === "time" ? minutesOf(minute) : (folded.get(key)?.map(([shown]) => shown) ?? null),
      matched: verdicts[index]?.matched ?? null,
    })),
  };
}
const minutesOf = (minute: number | null) => (minute === null ? null : [clockTime(minute)]);

function judgeAll({ route }: RoutingConfig, facts: RouteFacts): Judged[] {
  const folded = fold(facts);
  return route.map((rule) => judge(rule, folded, facts.time));
}

function decide(config: RoutingConfig, verdicts: readonly Verdict[], asked: readonly string[]) {
  const matched = config.route.filter((_, index) => verdicts[index]?.matched === true).flatMap((rule) => rule.to);
  const defaults = config.destination.filter((destination) => destination.default).map(({ id }) => id);
  const candidates = [
    { applied: "asked", destinations: asked },
    { applied: "rules", destinations: matched },
    { applied: "default", destinations: defaults },
    { applied: "first", destinations: config.destination.slice(0, 1).map(({ id }) => id) },
  ] as const;
  const chosen = candidates.find(({ destinations }) => destinations.length > 0);
  return { destinations: unique(chosen?.destinations ?? []), applied: chosen?.applied ?? ("none" as const) };
}

/**
 * Decides where a study goes, and says why: the router, `route try` and POST /admin/routes/try are this one function.
 * Every rule that matches adds its destinations; none: those with default = true, else the first (CONTRACT §2).
 */
export function explainRoutes(config: RoutingConfig, { facts, destinationIds }: RoutableStudy): RouteExplanation {
  const verdicts = judgeAll(config, facts);
  const rules = config.route.map(({ name, to }, index) => ({
    name,
    matched: verdicts[index]?.matched === true,
    why: verdicts[index]?.why ?? "",
    to: [...to],
    conditions: verdicts[index]?.conditions ?? [],
  }));
  return { rules, ...decide(config, verdicts, destinationIds) };
}

/** The ids of the destinations a study goes to; empty: there is none, the study is parked. */
export const routeStudy = (config: RoutingConfig, study: RoutableStudy): string[] =>
  explainRoutes(config, study).destinations;

/** Every destination that a study of which not all is known may go to: whoever wants to be sure asks all of them. */
export function possibleDestinations(config: RoutingConfig, { facts, destinationIds }: RoutableStudy): string[] {
  const verdicts = judgeAll(config, facts);
  const { destinations, applied } = decide(config, verdicts, destinationIds);
  if (applied === "asked") return destinations;
  const maybe = config.route.filter((_, index) => verdicts[index]?.matched === null).flatMap((rule) => rule.to);
  return unique([...destinations, ...maybe]);
}

/** Those of the ids that no destination has. */
export function unknownDestinations(config: Pick<Config, "destination">, ids: readonly string[]): string[] {
  const known = new Set(config.destination.map(({ id }) => id));
  return unique(ids).filter((id) => !known.has(id));
}
