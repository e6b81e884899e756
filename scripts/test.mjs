// `npm test`: sets up what the tests need, builds the executable, runs everything. Arguments are filters: npm test -- test/upload
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { buildIfStale } from "./build-if-stale.mjs";
import { root, run, setup, tell } from "./setup.mjs";
import { runTests } from "./test-lanes.mjs";
import { ensureNeeds } from "./test-needs.mjs";

const filters = process.argv.slice(2);
const local = (name) => join(root, "node_modules", ".bin", name);
const count = { passed: 0, failed: 0, skipped: 0 };

function check(name, passed) {
  count[passed ? "passed" : "failed"] += 1;
  tell(`${passed ? "(pass)" : "(fail)"} ${name}`);
}

/** The test files that the filters name, by a part of their path. */
function wantedFiles() {
  const all = ["src", "test", "web", "scripts"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((path) => join(folder, path)),
  );
  const parts = filters.map((filter) => filter.replace(/^\.\//, ""));
  return all
    .filter((path) => path.endsWith(".test.ts"))
    .filter((path) => parts.length === 0 || parts.some((part) => path.includes(part)));
}

const bun = setup();
const missing = ensureNeeds();
if (buildIfStale(bun)) {
  if (filters.length === 0) {
    check("lint (biome)", run(local("biome"), ["check", "--error-on-warnings", "."]) === 0);
    check("types (tsc)", run(local("tsc"), ["--noEmit"]) === 0);
  }
  const { passed, failed, skipped } = await runTests(bun, wantedFiles());
  count.passed += passed;
  count.failed += failed;
  count.skipped += skipped;
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
