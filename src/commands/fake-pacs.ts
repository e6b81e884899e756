import { parseListen } from "../core/listen.ts";
import { nearest } from "../core/nearest.ts";
import { type FaultName, faultNames, faults, withFaults } from "../fake-pacs/faults.ts";
import { rehearsalAuth } from "../fake-pacs/rehearsal-auth.ts";
import { type FakeKind, fakeKinds, kindRules } from "../fake-pacs/rules.ts";
import { type FakePacs, startFakePacs } from "../fake-pacs/server.ts";
import { say, sayJson, tell, UsageError } from "./io.ts";

export interface FakePacsOptions {
  readonly kind: string;
  readonly listen: string;
  readonly fault?: readonly string[];
  readonly tokenSeconds?: string;
  readonly mostBytes?: string;
  readonly json?: boolean;
}

/** A rehearsal is no archive: what it holds is in memory. */
const MOST_HELD_BYTES = 2_000_000_000;

/** As TOML: literal strings of several lines, for a key file has quotes in it. */
const toml = (values: Readonly<Record<string, string>>): string => {
  const fields = Object.entries(values).map(([name, value]) => `${name} = '''${value}'''`);
  return `{ ${fields.join(", ")} }`;
};

/** The section of a configuration that sends to it. */
function destination(kind: FakeKind, pacs: FakePacs): string {
  const auth = rehearsalAuth(pacs, kind);
  const url = kind === "orthanc" ? pacs.url : pacs.dicomWebUrl;
  const lines = ["[[destination]]", 'id = "rehearsal"', `kind = "${kind}"`, `url = "${url}"`];
  return [...lines, ...(auth === null ? [] : [`auth = ${toml(auth)}`])].join("\n");
}

/** `fake-pacs`: an archive for rehearsals, until it is told to stop. */
export async function fakePacs(options: FakePacsOptions): Promise<number> {
  const kind = oneOf("--kind", options.kind, fakeKinds);
  const chosen = (options.fault ?? []).map((name) => oneOf("--fault", name, faultNames));
  const address = parseListen(options.listen);
  if (address === null) throw new UsageError('--listen must be "host:port", such as "127.0.0.1:8099".');
  const pacs = await startFakePacs({
    mostHeldBytes: MOST_HELD_BYTES,
    ...withFaults(chosen),
    ...wholeNumber("tokenSeconds", "--token-seconds", options.tokenSeconds),
    ...wholeNumber("mostBytes", "--most-bytes", options.mostBytes),
    kind,
    host: address.host,
    port: address.port,
    tell: (line) => tell(line),
  });
  // Before a word is said: whoever waits for it may end it at once.
  const told = new Promise<void>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
  announce(kind, chosen, pacs, options.json === true);
  await told;
  await pacs.stop();
  return 0;
}

function announce(kind: FakeKind, chosen: readonly FaultName[], pacs: FakePacs, json: boolean): void {
  const section = destination(kind, pacs);
  if (json) {
    sayJson({ kind, url: pacs.url, dicomweb_url: pacs.dicomWebUrl, faults: chosen, section });
    return;
  }
  say(`fake PACS (${kind}) listening on ${pacs.url}`);
  say(`It behaves like ${kindRules[kind].words}. It is no archive: what it takes is gone when it ends.`);
  for (const name of chosen) say(`Fault ${name}: it ${faults[name].words}.`);
  say(`To send to it:\n\n${section}\n`);
}

function oneOf<T extends string>(option: string, value: string, known: readonly T[]): T {
  const found = known.find((name) => name === value);
  if (found !== undefined) return found;
  const near = nearest(value, known);
  const hint = near === null ? "" : ` Did you mean ${near}?`;
  throw new UsageError(`${option} must be one of ${known.join(", ")}.${hint}`);
}

function wholeNumber<K extends string>(
  key: K,
  option: string,
  text: string | undefined,
): { readonly [P in K]?: number } {
  if (text === undefined) return {};
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new UsageError(`${option} must be a whole number above 0.`);
  return { [key]: Number(text) } as { [P in K]: number };
}
