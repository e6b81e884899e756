import {
  type RouteCondition,
  type RouteFault,
  type RouteText,
  type RouteTrial,
  routeTexts,
} from "../contract/routing.ts";
import type { RouteConfig } from "../core/config-schema.ts";
import { wildcardCovers } from "../core/wildcard.ts";
import { explainRoutes, listOf, nameOf, type RoutingConfig, unknownDestinations } from "./route.ts";
import type { RoutableStudy } from "./route-facts.ts";
import { clockTime, type Span, spansCover, spansOf, wholeDay } from "./route-time.ts";

/** Longest values (PS3.5 6.2: CS and AE 16, LO 64 characters) of what comes out of images. */
const longest: Partial<Record<RouteText, number>> = {
  modality: 16,
  body_part: 16,
  ae_title: 16,
  institution: 64,
  description: 64,
};

/** What a rule asks for, as it is compared. */
interface Asked {
  readonly rule: RouteConfig;
  /** Only conditions that say something: both service levels are none. */
  readonly texts: ReadonlyMap<RouteText, readonly string[]>;
  readonly spans: readonly Span[];
}

function askedBy(rule: RouteConfig): Asked {
  const { when = {} } = rule;
  const texts = new Map<RouteText, readonly string[]>();
  for (const key of routeTexts) {
    const value = when[key];
    if (value !== undefined)
      texts.set(
        key,
        listOf(value).map((it) => it.trim().toLowerCase()),
      );
  }
  if (new Set(texts.get("service_level")).size === 2) texts.delete("service_level");
  return { rule, texts, spans: when.time === undefined ? wholeDay : spansOf(listOf(when.time)) };
}

/** Which condition no study can meet, and why; null: one can. */
function contradiction({ texts, spans }: Asked): { readonly condition: RouteCondition; readonly why: string } | null {
  for (const [key, values] of texts) {
    const most = longest[key] ?? Number.POSITIVE_INFINITY;
    const why = values.map((value) => {
      if (value === "") return "nothing but spaces";
      if (value.includes("\\")) return "a backslash, which DICOM takes for the end of a value (PS3.5 6.4)";
      const length = [...value.replaceAll("*", "")].length;
      return length > most ? `${length} characters where DICOM allows ${most} (PS3.5 6.2)` : null;
    });
    if (!why.includes(null)) return { condition: key, why: `${nameOf(key)} asks for ${why[0]}` };
  }
  return spans.length === 0 ? { condition: "time", why: "its time ends when it begins" } : null;
}

/** Whether every study that meets `some` meets `all`. Sure where it says so. */
function takesAllOf(all: Asked, some: Asked): boolean {
  const texts = [...all.texts].every(([key, wide]) => {
    const values = some.texts.get(key) ?? [];
    return values.length > 0 && values.every((value) => wide.some((pattern) => wildcardCovers(pattern, value)));
  });
  return texts && spansCover(all.spans, some.spans);
}

/** What those before a rule leave of it: null: something; else the names of those that take it all. */
function takenBy(one: Asked, before: readonly Asked[]): string[] | null {
  // Only who names one of its destinations can take it: cheaper than to compare conditions.
  const rivals = before.filter(({ rule }) => rule.to.some((id) => one.rule.to.includes(id)));
  const covering = rivals.filter((it) => takesAllOf(it, one));
  const taken = covering.flatMap(({ rule }) => rule.to);
  return one.rule.to.every((id) => taken.includes(id)) ? covering.map(({ rule }) => rule.name) : null;
}

/**
 * Rules that never decide anything: no study can meet them, or those before them take every study that they take to every
 * destination that they name (every rule that matches adds its destinations, so that covering alone takes nothing from them).
 */
export function routeFaults(config: RoutingConfig): RouteFault[] {
  const possible: Asked[] = [];
  return config.route.flatMap((rule, index): RouteFault[] => {
    const fault = (code: RouteFault["code"], what: string, more: Partial<RouteFault> = {}) => ({
      rule: rule.name,
      position: index + 1,
      code,
      message: `The rule "${rule.name}" ${what}.`,
      ...more,
    });
    const unknown = unknownDestinations(config, rule.to);
    const faults =
      unknown.length > 0 ? [fault("destination_unknown", `names no destination with ${unknown.join(", ")}`)] : [];
    const asked = askedBy(rule);
    const never = contradiction(asked);
    if (never !== null) {
      const { condition, why } = never;
      return [...faults, fault("never_matches", `can never match: ${why}`, { condition })];
    }
    const by = takenBy(asked, possible);
    possible.push(asked);
    if (by === null) return faults;
    const takes = `${by.map((name) => `"${name}"`).join(" and ")} before it ${by.length > 1 ? "take" : "takes"} all that it takes to the same destinations`;
    return [...faults, fault("adds_nothing", `never adds anything: ${takes}`, { by })];
  });
}

/** What is asked of a study, what the rules make of it, and which rules nothing can be made of. */
export function routeTrial(config: RoutingConfig, study: RoutableStudy): RouteTrial {
  const { time, ...facts } = study.facts;
  const asked = { ...facts, time: time === null ? null : clockTime(time), destination_ids: study.destinationIds };
  return { study: asked, ...explainRoutes(config, study), faults: routeFaults(config) };
}
