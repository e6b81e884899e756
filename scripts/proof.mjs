// `npm run proof [P1 P2 ...] [--scale 0.1]`: the full counts of the reliability promises; the table is kept in docs/proof.md.
import { join } from "node:path";
import { buildIfStale } from "./build-if-stale.mjs";
import { root, run, setup, tell } from "./setup.mjs";
import { ensureNeeds } from "./test-needs.mjs";

const bun = setup();
for (const need of ensureNeeds()) tell(`(missing) ${need.tests}: ${need.remedy}`);
const runner = join(root, "scripts", "proof", "run.ts");
process.exitCode = buildIfStale(bun)
  ? run(bun, [runner, ...process.argv.slice(2)], { stdio: ["ignore", "inherit", "inherit"] })
  : 1;
