import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { syncFolder, writeDurable } from "../core/durable-file.ts";
import { type KeyRing, openKeyRing } from "./key-ring.ts";

/** The box's own keys, made at the first start, 0600 below `<data_dir>/keys`. */
export interface Keys {
  /** Sign and verify access and upload tokens. */
  readonly signing: KeyRing;
  /** Keys hashes of what must not be readable from the database. */
  readonly hashKey: Uint8Array;
}

const hashKeyFile = "hash.key";

export async function loadKeys(dataDir: string): Promise<Keys> {
  const folder = keyFolder(dataDir);
  const signing = await openKeyRing(folder);
  const path = join(folder, hashKeyFile);
  const hashKey = Buffer.from(readOrMake(path, randomBytes(32).toString("hex")), "hex");
  chmodSync(path, 0o600);
  return { signing, hashKey };
}

/** The hash key alone, for the command line; undefined where there is none yet. */
export function readHashKey(dataDir: string): Uint8Array | undefined {
  try {
    return Buffer.from(readFileSync(join(dataDir, "keys", hashKeyFile), "utf8"), "hex");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Where the keys are; made where it is not there. */
export function keyFolder(dataDir: string): string {
  const folder = join(dataDir, "keys");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  syncFolder(dataDir); // the folder's own name: without it all keys are gone after a power cut, and every token with them
  return folder;
}

function readOrMake(path: string, content: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOENT") throw error;
  }
  writeDurable(path, content, 0o600);
  return content;
}
