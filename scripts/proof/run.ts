import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Outcome, seconds, tell } from "./promise.ts";
import { order, pageWith, type Row } from "./table.ts";

/** `npm run proof`: runs the proofs asked for, prints what they counted and keeps it in docs/proof.md. */
interface Proof {
  /** @param wanted the promises asked for, where a file proves several */
  run(scale: number, wanted: ReadonlySet<string>): Promise<Outcome | readonly Outcome[]>;
}

const page = join(import.meta.dir, "../../docs/proof.md");
const root = join(import.meta.dir, "../..");

/** Files that are named by the promises they prove (`p02-power.ts`; `i01-install.ts` of installing), and two that prove several or bring their own load. */
const others: Record<string, readonly string[]> = { "loss.ts": ["P6", "P7", "P8"], "corpus.ts": ["P21"] };
const promisesOf = (file: string): readonly string[] => {
  const numbers = /^((?:[pi]\d+-)+)[a-z-]*\.ts$/.exec(file)?.[1]?.match(/[pi]\d+/g) ?? [];
  return others[file] ?? numbers.map((name) => `${name.slice(0, 1).toUpperCase()}${Number(name.slice(1))}`);
};
const files = readdirSync(import.meta.dir)
  .filter((name) => promisesOf(name).length > 0 && existsSync(join(import.meta.dir, name)))
  .toSorted((a, b) => order(promisesOf(a)[0] ?? "") - order(promisesOf(b)[0] ?? ""));

function asked(): { readonly wanted: ReadonlySet<string>; readonly scale: number } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { scale: { type: "string", default: "1" } },
  });
  const scale = Number(values.scale);
  const known = files.flatMap(promisesOf);
  const unknown = positionals.filter((name) => !known.includes(name));
  if (!(scale > 0 && scale <= 1) || unknown.length > 0) {
    tell(`npm run proof [${known.join(" ")}] [--scale 0.1]   (${unknown.join(" ") || `scale ${values.scale}`}?)`);
    process.exit(2);
  }
  return { scale, wanted: new Set(positionals.length > 0 ? positionals : known) };
}

function machine(): string {
  const model = cpus()[0]
    ?.model.replace(/\((R|TM)\)|CPU|Processor|@.*$/g, "")
    .replace(/\s+/g, " ");
  return `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${model?.trim() ?? process.arch}`;
}

function commit(): string {
  const git = (...args: string[]) =>
    Bun.spawnSync(["git", ...args], { cwd: root })
      .stdout.toString()
      .trim();
  const changed = git("status", "--porcelain", "--", "src", "web", "scripts", "test") !== "";
  return `${git("rev-parse", "--short", "HEAD")}${changed ? "+" : ""}`;
}

async function proved(file: string, scale: number): Promise<readonly Outcome[]> {
  const started = performance.now();
  const names = promisesOf(file).filter((promise) => wanted.has(promise));
  tell(`${names.join(", ")} ...`);
  try {
    const proof: Proof = await import(join(import.meta.dir, file));
    return [await proof.run(scale, wanted)].flat();
  } catch (error) {
    tell(error instanceof Error ? (error.stack ?? error.message) : String(error));
    // Its last words may hold what the test made up, never a patient.
    const measured = `ended with an error: ${error instanceof Error ? error.message.split("\n")[0] : "unknown"}`;
    return names.map((promise) => ({ promise, what: file, target: "to end", measured, passed: false }));
  } finally {
    tell(`${names.join(", ")}: ${seconds(performance.now() - started)}`);
  }
}

const { wanted, scale } = asked();
const about = { date: new Date().toISOString().slice(0, 10), commit: commit(), machine: machine() };
const rows: Row[] = [];
for (const file of files.filter((name) => promisesOf(name).some((promise) => wanted.has(promise)))) {
  for (const outcome of await proved(file, scale)) {
    rows.push({ ...outcome, ...about });
    process.stdout.write(`${outcome.promise}\t${outcome.passed ? "kept" : "NOT KEPT"}\t${outcome.measured}\n`);
  }
  writeFileSync(page, pageWith(existsSync(page) ? readFileSync(page, "utf8") : "", rows));
}
const broken = rows.filter(({ passed }) => !passed).map(({ promise }) => promise);
tell(broken.length > 0 ? `Not kept: ${broken.join(", ")}` : `All ${rows.length} kept.`);
process.exit(broken.length > 0 ? 1 : 0);
