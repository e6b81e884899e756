import { addressOf } from "../destinations/address.ts";
import { type CheckStep, DestinationError } from "../destinations/destination.ts";
import { destinationOf, type JsonOptions, readConfig } from "./context.ts";
import { columns, say, sayJson } from "./io.ts";

const checkTimeoutMs = 20_000;

export async function list(options: JsonOptions): Promise<number> {
  const shown = readConfig(options).destination.map((item) => ({
    id: item.id,
    kind: item.kind,
    place: addressOf(item),
    default: item.default ?? false,
    fallback: item.fallback ?? null,
  }));
  if (options.json === true) sayJson(shown);
  else if (shown.length === 0) say("No destination is configured; studies are kept until there is one.");
  else {
    const rows = shown.map((item) => [
      item.id,
      item.kind,
      item.place,
      item.default ? "yes" : "-",
      item.fallback ?? "-",
    ]);
    say(columns([["ID", "KIND", "WHERE", "DEFAULT", "FALLBACK"], ...rows]));
  }
  return 0;
}

/** One line of a check, with what to do below it where it failed. */
export const stepLines = ({ name, ok, detail, fix }: CheckStep): string =>
  `${ok ? "ok  " : "FAIL"}  ${name}: ${detail}${!ok && fix !== undefined ? `\n      -> ${fix}` : ""}`;

/** A live check; what goes wrong on the way is a step that failed. */
export async function checkDestination(config: ReturnType<typeof readConfig>, id: string): Promise<CheckStep[]> {
  try {
    return await destinationOf(config, id).check(AbortSignal.timeout(checkTimeoutMs));
  } catch (error) {
    if (!(error instanceof DestinationError)) throw error;
    return [{ name: id, ok: false, detail: error.message, fix: "Correct this destination in the configuration." }];
  }
}

export async function test(id: string, options: JsonOptions): Promise<number> {
  const config = readConfig(options);
  const steps = await checkDestination(config, id);
  const ok = steps.every((step) => step.ok);
  if (options.json === true) sayJson({ destination_id: id, ok, steps });
  else for (const step of steps) say(stepLines(step));
  return ok ? 0 : 1;
}
