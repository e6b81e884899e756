// `npm test`: sets up what the tests need, builds the executable, runs everything. Arguments are filters: npm test -- test/upload
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildIfStale } from "./build-if-stale.mjs";
import { root, run, setup, tell } from "./setup.mjs";
import { ensureNeeds } from "./test-needs.mjs";

const filters = process.argv.slice(2);
const report = join(root, "dist", "junit.xml");
const local = (name) => join(root, "node_modules", ".bin", name);
const count = { passed: 0, failed: 0, skipped: 0 };

function check(name, passed) {
  count[passed ? "passed" : "failed"] += 1;
  tell(`${passed ? "(pass)" : "(fail)"} ${name}`);
}

/** Reads the totals of the run; a run without a report, or with an error beside its tests, has failed once more. */
function bunTest(bun) {
  rmSync(report, { force: true });
  const paths =
    filters.length > 0
      ? filters
      : ["./src", "./test", "./web", "./scripts"].filter((path) => existsSync(join(root, path)));
  // Not a bound on speed: only what hangs is to end.
  const code = run(bun, ["test", "--timeout=60000", ...paths, "--reporter=junit", `--reporter-outfile=${report}`]);
  const head = existsSync(report) ? (/<testsuites\b[^>]*>/.exec(readFileSync(report, "utf8"))?.[0] ?? "") : "";
  const total = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const [failed, skipped] = [total("failures"), total("skipped")];
  count.passed += total("tests") - failed - skipped;
  count.failed += failed;
  count.skipped += skipped;
  if (head === "" || (code !== 0 && failed === 0)) check("the test run as a whole", false);
}

const bun = setup();
const missing = ensureNeeds();
if (buildIfStale(bun)) {
  if (filters.length === 0) {
    check("lint (biome)", run(local("biome"), ["check", "--error-on-warnings", "."]) === 0);
    check("types (tsc)", run(local("tsc"), ["--noEmit"]) === 0);
  }
  bunTest(bun);
} else {
  check("build", false);
}

for (const need of missing) {
  count.skipped += 1;
  tell(`(skip) ${need.tests}: ${need.remedy}`);
}
const unwanted = process.env.CI === "true" && count.skipped > 0;
if (unwanted) tell("With CI=true nothing may be skipped.");

const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : "";
process.stdout.write(`${count.passed} passed, ${count.failed} failed${skipped}\n`);
process.exitCode = count.failed > 0 || count.passed === 0 || unwanted ? 1 : 0;
