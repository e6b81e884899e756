import { existsSync } from "node:fs";
import { join } from "node:path";
import { readSecret } from "../core/secrets.ts";
import { type Database, openDatabase } from "../db/database.ts";
import { addressOf } from "../destinations/address.ts";
import { type Capability, nothingLearnt } from "../destinations/capability.ts";
import type { CheckStep } from "../destinations/destination.ts";
import { checklist } from "../destinations/doctor.ts";
import type { Settings } from "../settings/in-force.ts";
import { capabilitiesIn } from "../study/capabilities.ts";
import { destinationConfigOf, type JsonOptions, readSettings } from "./context.ts";
import { columns, say, sayJson } from "./io.ts";

export async function list(options: JsonOptions): Promise<number> {
  const { config, destinations } = readSettings(options);
  const shown = config.destination.map((item) => ({
    id: item.id,
    kind: item.kind,
    place: addressOf(item),
    default: item.default ?? false,
    fallback: item.fallback ?? null,
    provisioned: !destinations.has(item.id),
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
      item.provisioned ? "file" : "screens",
    ]);
    say(columns([["ID", "KIND", "WHERE", "DEFAULT", "FALLBACK", "FROM"], ...rows]));
  }
  return 0;
}

/** One line of a check, with what to do below it where it failed. */
export const stepLines = ({ name, ok, detail, fix }: CheckStep): string =>
  `${ok ? "ok  " : "FAIL"}  ${name}: ${detail}${!ok && fix !== undefined ? `\n      -> ${fix}` : ""}`;

/** A live check; what goes wrong on the way is a step that failed. */
export const checkDestination = (settings: Settings, id: string): Promise<CheckStep[]> =>
  Array.fromAsync(steps(settings, id, { store: false }));

function steps(
  { config, destinations }: Settings,
  id: string,
  { store, db }: { readonly store: boolean; readonly db?: Database | null },
): AsyncGenerator<CheckStep> {
  const capability = db ? { capability: capabilitiesIn(db) } : {};
  const env = { dataDir: config.data_dir, readSecret, fromFile: !destinations.has(id), ...capability };
  return checklist(destinationConfigOf(config, id), env, { store });
}

/** What sending and asking taught, in words. */
function learnt({ queries, answers, takenBytes, refusedBytes, again }: Capability): string[] {
  const size = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`;
  return [
    ...(queries === null ? [] : [queries ? "it can be asked what it holds" : "it cannot be asked what it holds"]),
    ...(answers === null ? [] : [`it answers in ${answers.toUpperCase()}`]),
    ...(refusedBytes === null ? [] : [`a request of ${size(refusedBytes)} was too large for it`]),
    ...(refusedBytes === null || takenBytes === null ? [] : [`one of ${size(takenBytes)} was not`]),
    ...(again === null ? [] : [`the same image once more is ${again}`]),
  ];
}

interface TestOptions extends JsonOptions {
  readonly store?: boolean;
}

/** `destination test`: the checklist, each line as soon as it is known; what it teaches is kept for the forwarder. */
export async function test(id: string, options: TestOptions): Promise<number> {
  const settings = readSettings(options);
  const { config } = settings;
  const found = destinationConfigOf(config, id);
  // Before the first start there is nothing to keep it in.
  const db = existsSync(join(config.data_dir, "relaypacs.db")) ? openDatabase(config.data_dir) : null;
  try {
    const done: CheckStep[] = [];
    for await (const step of steps(settings, id, { store: options.store ?? false, db })) {
      done.push(step);
      if (options.json !== true) say(stepLines(step));
    }
    const ok = done.every((step) => step.ok);
    const known = db === null ? nothingLearnt : capabilitiesIn(db)(found).known();
    if (options.json === true) sayJson({ destination_id: id, ok, steps: done, capability: wireOf(known) });
    else for (const line of learnt(known)) say(`      known: ${line}`);
    return ok ? 0 : 1;
  } finally {
    db?.close();
  }
}

const wireOf = ({ queries, answers, takenBytes, refusedBytes, again }: Capability) => ({
  queries,
  answers,
  taken_bytes: takenBytes,
  refused_bytes: refusedBytes,
  again,
});
