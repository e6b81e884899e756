import { readdirSync, readFileSync, rmSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncFolder } from "../core/durable-file.ts";
import { version } from "../core/version.ts";
import { type CopyContents, type Part, readSnapshot, writeSnapshot } from "../db/snapshot.ts";
import { isSealed, SealError, sealFile, unsealFile } from "./sealed-file.ts";

/** The name of the configuration among the parts. */
export const configPart = "relaypacs.toml";
/** The keys' names among the parts begin with it. */
export const keyParts = "keys/";

export interface CopySource {
  readonly dataDir: string;
  /** null: the box runs on defaults and environment. */
  readonly configFile: string | null;
}

/**
 * Writes a copy of the box, database, keys and configuration, to `file`: whole or not at all, 0600, looked at from end to end before
 * it has its name, on stable storage when it resolves. The box may run meanwhile.
 */
export async function makeCopy(source: CopySource, file: string, passphrase?: string): Promise<void> {
  const plain = `${file}.${process.pid}.tmp`;
  const sealed = `${file}.${process.pid}.sealed.tmp`;
  try {
    const madeAt = new Date().toISOString();
    writeSnapshot(source.dataDir, plain, { version, madeAt, parts: partsOf(source) });
    readSnapshot(plain);
    if (passphrase === undefined) await synced(plain);
    else await sealFile(plain, sealed, passphrase);
    await rename(passphrase === undefined ? plain : sealed, file);
    syncFolder(dirname(file));
  } finally {
    for (const left of [plain, sealed]) rmSync(left, { force: true });
  }
}

function partsOf({ dataDir, configFile }: CopySource): Part[] {
  const keys = readdirSync(join(dataDir, "keys"))
    .filter((name) => !name.endsWith(".tmp"))
    .map((name) => ({ name: `${keyParts}${name}`, bytes: readFileSync(join(dataDir, "keys", name)) }));
  return configFile === null ? keys : [{ name: configPart, bytes: readFileSync(configFile) }, ...keys];
}

/**
 * Opens a copy beside itself, as a plain file that the caller removes.
 * @throws SealError without its passphrase, or with a wrong one
 */
export async function openCopy(file: string, beside: string, passphrase?: string): Promise<void> {
  if (!(await isSealed(file))) await Bun.write(beside, Bun.file(file), { mode: 0o600 });
  else if (passphrase === undefined)
    throw new SealError("The copy is under a passphrase: give it with --passphrase-stdin.");
  else await unsealFile(file, beside, passphrase);
}

/** Reads a copy to its end. @throws where it is damaged */
export async function checkCopy(
  file: string,
  passphrase?: string,
): Promise<CopyContents & { readonly uploads: number }> {
  const { mkdtemp, rm } = await import("node:fs/promises");
  const { tmpdir } = await import("node:os");
  const folder = await mkdtemp(join(tmpdir(), "relaypacs-verify-"));
  try {
    await openCopy(file, join(folder, "copy"), passphrase);
    return readSnapshot(join(folder, "copy"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function synced(path: string): Promise<void> {
  await using handle = await open(path, "r+");
  await handle.sync();
}
