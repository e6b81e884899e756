import type { RouteExplanation, RouteQuestion } from "../contract/routing.ts";
import { inspect } from "../dicom/inspect.ts";
import { routableAsked, tagsOf } from "../forward/route-facts.ts";
import { routeTrial } from "../forward/route-faults.ts";
import { type JsonOptions, readSettings } from "./context.ts";
import { say, sayJson, UsageError } from "./io.ts";

interface TryOptions extends JsonOptions {
  readonly stat?: boolean;
  readonly user?: string;
  readonly invitation?: string;
  readonly time?: string;
}

const reasons: Record<RouteExplanation["applied"], string> = {
  asked: "the sender asked for it",
  rules: "every rule that matches adds its destinations",
  default: "no rule matches, so those with default = true",
  first: "no rule matches and none is the default, so the first",
  none: "no destination is configured: the study would be kept and wait",
};

/** `route try FILE`: which rule a file meets, and why the others do not. */
export async function tryFile(path: string, options: TryOptions): Promise<number> {
  const { stat, user, invitation, time, json } = options;
  const { config } = readSettings(options);
  if (time !== undefined && !/^([01]\d|2[0-3]):[0-5]\d$/.test(time)) throw new UsageError("--time is HH:MM.");
  const instance = await inspect(path);
  if (instance.kind !== "instance") throw new UsageError("The file is not a DICOM image that would be sent.");
  const tags = tagsOf([instance]);
  const serviceLevel = stat === true ? "stat" : "routine";
  const question: RouteQuestion = {
    modality: instance.modality,
    service_level: serviceLevel,
    body_part: [...tags.body_part],
    ae_title: [...tags.ae_title],
    institution: [...tags.institution],
    description: [...tags.description],
    ...(user === undefined ? {} : { user }),
    ...(invitation === undefined ? {} : { invitation }),
    ...(time === undefined ? {} : { time }),
  };
  const trial = routeTrial(config, routableAsked(question, Date.now()));
  if (json === true) {
    sayJson({ modality: instance.modality, service_level: serviceLevel, ...trial });
    return 0;
  }
  say(`Modality ${instance.modality || "(none)"}, service level ${serviceLevel}, time ${trial.study.time}`);
  for (const rule of trial.rules) say(`${rule.matched ? "+" : "-"} ${rule.name}: ${rule.why}`);
  for (const { message } of trial.faults) say(`! ${message}`);
  say(`Goes to: ${trial.destinations.join(", ") || "nowhere"} (${reasons[trial.applied]})`);
  return 0;
}
