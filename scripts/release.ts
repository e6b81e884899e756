import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import manifest from "../package.json" with { type: "json" };
import { pack, signRelease } from "./release/pack.ts";

/**
 * `bun scripts/release.ts --key PRIVATE.pem`: builds every target and makes dist/release, the folder that goes onto a USB stick. The key is ECDSA
 * (`openssl ecparam -name prime256v1 -genkey -noout`) and never part of the repository.
 */
const { values } = parseArgs({ options: { key: { type: "string" } } });
if (values.key === undefined) throw new Error("Name the key that signs the release: --key PRIVATE.pem");
const root = join(import.meta.dir, "..");
const out = join(root, "dist", "release");
const run = (argv: string[]) => Bun.spawnSync(argv, { cwd: root, stderr: "inherit" });

if (run([process.execPath, "build.ts", "--all"]).exitCode !== 0) process.exit(1);
rmSync(out, { recursive: true, force: true });
const epoch = Number(run(["git", "log", "-1", "--format=%ct"]).stdout.toString());
for (const target of ["linux-x64", "linux-x64-baseline", "linux-arm64", "linux-x64-musl", "linux-arm64-musl"]) {
  pack({ version: manifest.version, epoch, out }, target, join(root, "dist", `relaypacs-${target}`));
  process.stdout.write(`relaypacs-${manifest.version}-${target}.tar.gz\n`);
}
signRelease(out, readFileSync(values.key, "utf8"));
process.stdout.write(`signed: ${out}\n`);
