import { readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import manifest from "../package.json" with { type: "json" };
import { debianTargets, packDeb } from "./release/deb.ts";
import { pack, signRelease } from "./release/pack.ts";

/**
 * `bun scripts/release.ts --key PRIVATE.pem --advisories PATH [--accept ID]...`: holds the lock file against known vulnerabilities
 * (docs/security.md), builds every target and makes dist/release, the folder that goes onto a USB stick, with Debian's packages (dpkg-deb makes
 * them). The key is ECDSA
 * (`openssl ecparam -name prime256v1 -genkey -noout`) and never part of the repository.
 */
const { values } = parseArgs({
  options: { key: { type: "string" }, advisories: { type: "string" }, accept: { type: "string", multiple: true } },
});
if (values.key === undefined) throw new Error("Name the key that signs the release: --key PRIVATE.pem");
if (values.advisories === undefined) throw new Error("Name the advisories to hold bun.lock against: --advisories PATH");
const root = join(import.meta.dir, "..");
const out = join(root, "dist", "release");
const run = (argv: string[]) => Bun.spawnSync(argv, { cwd: root, stderr: "inherit" });

const accepted = (values.accept ?? []).flatMap((id) => ["--accept", id]);
const checked = run([process.execPath, "scripts/advisories.ts", "--from", resolve(values.advisories), ...accepted]);
process.stdout.write(checked.stdout);
if (checked.exitCode !== 0) process.exit(1);

if (run([process.execPath, "build.ts", "--all"]).exitCode !== 0) process.exit(1);
rmSync(out, { recursive: true, force: true });
const epoch = Number(run(["git", "log", "-1", "--format=%ct"]).stdout.toString());
for (const target of ["linux-x64", "linux-x64-baseline", "linux-arm64", "linux-x64-musl", "linux-arm64-musl"]) {
  const executable = join(root, "dist", `relaypacs-${target}`);
  pack({ version: manifest.version, epoch, out }, target, executable);
  process.stdout.write(`relaypacs-${manifest.version}-${target}.tar.gz\n`);
  const architecture = debianTargets[target];
  if (architecture === undefined) continue;
  process.stdout.write(`${packDeb({ version: manifest.version, epoch, out }, architecture, executable)}\n`);
}
signRelease(out, readFileSync(values.key, "utf8"));
process.stdout.write(`signed: ${out}\n`);
