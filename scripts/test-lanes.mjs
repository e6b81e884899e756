// Runs test files side by side, each in a process of its own.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { root, tell } from "./setup.mjs";

const lanes = Math.min(4, availableParallelism());
/** What takes longest where no report of an earlier run tells. */
const slowFolders = ["test/browser/", "test/faults/", "test/manifest/"];

/** The longest first, by the last report, or the end of the run would wait for one of them. */
function longestFirst(files, report) {
  const last = existsSync(report) ? readFileSync(report, "utf8") : "";
  const suites = [...last.matchAll(/<testsuite name="([^"]+\.test\.ts)"[^>]* time="([\d.]+)"/g)];
  const seconds = new Map(suites.map(([, file, time]) => [file, Number(time)]));
  const weight = (file) => seconds.get(file) ?? (slowFolders.some((folder) => file.startsWith(folder)) ? 10 : 1);
  return files.toSorted((a, b) => weight(b) - weight(a));
}

/** One file. What it says comes in one piece, when it has ended; of what it started nothing stays. */
function runFile(bun, file, cwd, parts) {
  const xml = join(parts, `${file.replaceAll("/", "-")}.xml`);
  // Not a bound on speed: only what hangs is to end.
  const args = [
    "test",
    "--no-orphans",
    "--timeout=60000",
    `./${file}`,
    "--reporter=junit",
    `--reporter-outfile=${xml}`,
  ];
  return new Promise((resolve) => {
    const child = spawn(bun, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => said.push(piece));
    child.on("error", (error) => said.push(Buffer.from(`${error.message}\n`)));
    child.on("close", (code) => {
      const words = Buffer.concat(said).toString();
      process.stderr.write(words.replace(/^bun test v.*\n/, ""));
      resolve({ file, code, words, suites: existsSync(xml) ? readFileSync(xml, "utf8") : "" });
    });
  });
}

/** What a file's run counts; one without a report, or with an error beside its tests, has failed once more. */
function totals({ file, code, words, suites }) {
  const head = /<testsuites\b[^>]*>/.exec(suites)?.[0] ?? "";
  const total = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const [failed, skipped] = [total("failures"), total("skipped")];
  const none = /^Ran 0 tests across 1 file\./m.test(words); // where the machine lacks what all of its tests need
  const broken = (code !== 0 && failed === 0) || (head === "" && !none);
  const failures = new Set(words.split("\n").filter((line) => line.startsWith("(fail)"))); // long files tell them twice
  return {
    passed: total("tests") - failed - skipped,
    failed: failed + (broken ? 1 : 0),
    skipped,
    failures: [...failures, ...(broken ? [`(fail) the file as a whole, exit code ${code}`] : [])].map(
      (line) => `${file}: ${line}`,
    ),
  };
}

/** Runs files of a folder, one for each core at a time and at most four; tells again in the end what failed. */
export async function runTests(bun, files, folder = root) {
  const report = join(folder, "dist", "junit.xml");
  const parts = join(folder, "dist", "junit");
  const waiting = longestFirst(files, report);
  const runs = [];
  rmSync(parts, { recursive: true, force: true });
  mkdirSync(parts, { recursive: true });
  const lane = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) runs.push(await runFile(bun, file, folder, parts));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const bodies = runs.map(({ suites }) => suites.match(/^ {2}<testsuite [\s\S]*<\/testsuite>\n/m)?.[0] ?? "");
  writeFileSync(report, `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${bodies.join("")}</testsuites>\n`);
  rmSync(parts, { recursive: true });
  const all = runs.map(totals);
  for (const line of all.flatMap(({ failures }) => failures)) tell(line);
  const sum = (name) => all.reduce((before, one) => before + one[name], 0);
  return { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
}
