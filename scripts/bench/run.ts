// `npm run bench [name...]`: measures, prints a table, writes dist/bench.json. `--json` prints that instead; `--scale=0.2` is for development.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { cStore } from "./c-store.ts";
import { headers } from "./headers.ts";
import { lists } from "./lists.ts";
import { memory } from "./memory.ts";
import { page } from "./page.ts";
import { pageMemory } from "./page-memory.ts";
import { receive } from "./receive.ts";
import { type Bench, holds, type Result, table } from "./result.ts";
import { routing } from "./routing.ts";
import { signIn } from "./sign-in.ts";
import { startUp } from "./start-up.ts";
import { stow } from "./stow.ts";
import { transport } from "./transport.ts";
import { unpack } from "./unpack.ts";
import { wholePath } from "./whole-path.ts";

const benches: readonly Bench[] = [
  receive,
  transport,
  page,
  pageMemory,
  unpack,
  headers,
  stow,
  cStore,
  wholePath,
  routing,
  startUp,
  signIn,
  memory,
  lists,
];

const options = process.argv.slice(2);
const names = options.filter((option) => !option.startsWith("--"));
const scale = Number(options.find((option) => option.startsWith("--scale="))?.slice("--scale=".length) ?? 1);
const unknown = names.filter((name) => !benches.some((bench) => bench.name === name));
if (unknown.length > 0) {
  process.stderr.write(`There is no ${unknown.join(", ")}; there are ${benches.map(({ name }) => name).join(", ")}.\n`);
  process.exit(2);
}

const results: Result[] = [];
for (const bench of benches) {
  if (names.length > 0 && !names.includes(bench.name)) continue;
  process.stderr.write(`${bench.name} ...\n`);
  const found = await bench.run(scale);
  process.stderr.write(`${table(found)}\n\n`);
  results.push(...found);
}

const machine = { processors: cpus().length, model: cpus()[0]?.model ?? "", memory_bytes: totalmem() };
const lines = results.map((result) => ({ ...result, held: holds(result) }));
const document = JSON.stringify({ measured_at: new Date().toISOString(), scale, machine, results: lines }, null, 2);
const dist = join(import.meta.dir, "..", "..", "dist");
mkdirSync(dist, { recursive: true });
writeFileSync(join(dist, "bench.json"), `${document}\n`);
process.stdout.write(`${options.includes("--json") ? document : table(results)}\n`);
