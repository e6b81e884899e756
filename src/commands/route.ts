import type { Static } from "@sinclair/typebox";
import type { ServiceLevel } from "../contract/upload.ts";
import { inspect } from "../dicom/inspect.ts";
import { explainRoutes } from "../forward/route.ts";
import { type JsonOptions, readConfig } from "./context.ts";
import { say, sayJson, UsageError } from "./io.ts";

interface TryOptions extends JsonOptions {
  readonly stat?: boolean;
}

const reasons: Record<ReturnType<typeof explainRoutes>["applied"], string> = {
  asked: "the sender asked for it",
  rules: "every rule that matches adds its destinations",
  default: "no rule matches, so those with default = true",
  first: "no rule matches and none is the default, so the first",
  none: "no destination is configured: the study would be kept and wait",
};

/** `route try FILE`: which rule a file meets, and why the others do not. */
export async function tryFile(path: string, options: TryOptions): Promise<number> {
  const config = readConfig(options);
  const instance = await inspect(path);
  if (instance.kind !== "instance") throw new UsageError("The file is not a DICOM image that would be sent.");
  const serviceLevel: Static<typeof ServiceLevel> = options.stat === true ? "stat" : "routine";
  const study = { modalities: instance.modality === "" ? [] : [instance.modality], serviceLevel, destinationIds: [] };
  const explained = explainRoutes(config, study);
  if (options.json === true) sayJson({ modality: instance.modality, service_level: serviceLevel, ...explained });
  else {
    say(`Modality ${instance.modality || "(none)"}, service level ${serviceLevel}`);
    for (const rule of explained.rules) say(`${rule.matched ? "+" : "-"} ${rule.name}: ${rule.why}`);
    say(`Goes to: ${explained.destinations.join(", ") || "nowhere"} (${reasons[explained.applied]})`);
  }
  return 0;
}
