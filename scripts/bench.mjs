// `npm run bench [name...]`: sets up, builds the executable, measures. What a machine lacks is told by the line that needs it.
import { buildIfStale } from "./build-if-stale.mjs";
import { run, setup } from "./setup.mjs";

const bun = setup();
process.exitCode = buildIfStale(bun)
  ? run(bun, ["scripts/bench/run.ts", ...process.argv.slice(2)], { stdio: ["ignore", 1, 2] })
  : 1;
