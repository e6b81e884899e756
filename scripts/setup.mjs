// Installs the pinned dependencies, Bun itself included, on a machine that has only Node.js and npm.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const pinned = manifest.devDependencies.bun;
const stamp = join(root, "node_modules", ".relaypacs-setup");

/** A line for people; stdout belongs to the program that is started. */
export const tell = (line) => process.stderr.write(`${line}\n`);

/** Runs a program in the repository and answers its exit code; its own words go to stderr. */
export function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2], ...options });
  if (error) tell(`${command}: ${error.message}`);
  return signal ? 1 : (status ?? 1);
}

const platform = () => {
  const libc = process.report?.getReport()?.header?.glibcVersionRuntime ? "" : "-musl";
  return `@oven/bun-linux-${process.arch === "arm64" ? "aarch64" : "x64"}${libc}`;
};

/** Where Bun's executable may lie below a node_modules: put there by its install script, or as its platform package has it. */
const places = (modules) => [
  join(modules, "bun", "bin", "bun.exe"),
  join(modules, "bun", "bin", "bun"),
  join(modules, ...platform().split("/"), "bin", "bun"),
];

/** A Bun of the pinned version that runs, or undefined: where install scripts are blocked, its package has none. */
function workingBun(modules) {
  return places(modules).find((path) => {
    if (!existsSync(path)) return false;
    const { status, stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
    return status === 0 && stdout.trim() === pinned;
  });
}

const fingerprint = () =>
  createHash("sha256")
    .update(readFileSync(join(root, "package.json")))
    .update(readFileSync(join(root, "bun.lock")))
    .update(`${process.platform} ${process.arch}`)
    .digest("hex");

const install = ["install", "--frozen-lockfile"];

/** Bun's platform package alone, without any install script, in a folder that is removed afterwards. */
function withPlatformPackage(use) {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-bun-"));
  try {
    const wanted = `${platform()}@${pinned}`;
    const got = run("npm", [
      "install",
      "--no-save",
      "--ignore-scripts",
      "--loglevel=error",
      "--prefix",
      folder,
      wanted,
    ]);
    const path = join(folder, "node_modules", ...platform().split("/"), "bin", "bun");
    return got === 0 && existsSync(path) ? use(path) : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Installs what bun.lock pins where it is missing or stale, and answers the path of Bun. Ends the process where it cannot. */
export function setup() {
  const modules = join(root, "node_modules");
  const present = workingBun(modules);
  const fresh = existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint();
  if (present && fresh) return present;

  tell(`Installing the pinned dependencies (Bun ${pinned} and what bun.lock lists) ...`);
  const npx = () => run("npx", ["--yes", `bun@${pinned}`, ...install]);
  const done = present
    ? run(present, install) === 0
    : npx() === 0 || withPlatformPackage((path) => run(path, install)) === 0;
  if (!done) {
    tell("The dependencies could not be installed. Is the package registry reachable (npm ping)?");
    process.exit(1);
  }
  if (!workingBun(modules)) withPlatformPackage((path) => place(path, modules));
  const bun = workingBun(modules);
  if (!bun) {
    tell(`Bun ${pinned} does not run on this machine; RelayPACS needs Linux on x64 or arm64.`);
    process.exit(1);
  }
  if (!bun.startsWith(join(modules, "bun"))) place(bun, modules);
  writeFileSync(stamp, fingerprint());
  return bun;
}

/** Puts the executable where node_modules/.bin/bun leads: its package's install script, which is blocked, would have. */
function place(path, modules) {
  for (const name of ["bun.exe", "bunx.exe"]) {
    const wanted = join(modules, "bun", "bin", name);
    rmSync(wanted, { force: true }); // never written in place: the file is shared with the package cache
    copyFileSync(path, wanted);
  }
  return 0;
}
