import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import { syncFolder, writeDurable } from "../core/durable-file.ts";

/** The box's own keys, made at the first start, 0600 below `<data_dir>/keys`. */
export interface Keys {
  /** Signs and verifies access and upload tokens. */
  readonly signing: { readonly kid: string; readonly privateKey: CryptoKey; readonly publicKey: CryptoKey };
  /** Keys hashes of what must not be readable from the database. */
  readonly hashKey: Uint8Array;
}

export async function loadKeys(dataDir: string): Promise<Keys> {
  const folder = join(dataDir, "keys");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  syncFolder(dataDir); // the folder's own name: without it all keys are gone after a power cut, and every token with them
  const jwk = JSON.parse(await readOrMake(join(folder, "signing.jwk"), makeSigningKey)) as JWK;
  const hashKey = Buffer.from(
    await readOrMake(join(folder, "hash.key"), async () => randomBytes(32).toString("hex")),
    "hex",
  );
  const { d: _private, ...publicJwk } = jwk;
  return {
    signing: {
      kid: jwk.kid ?? "",
      privateKey: (await importJWK(jwk, "EdDSA")) as CryptoKey,
      publicKey: (await importJWK(publicJwk, "EdDSA")) as CryptoKey,
    },
    hashKey,
  };
}

async function makeSigningKey(): Promise<string> {
  const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  return JSON.stringify({ ...(await exportJWK(privateKey)), kid: randomBytes(8).toString("hex"), alg: "EdDSA" });
}

async function readOrMake(path: string, make: () => Promise<string>): Promise<string> {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOENT") throw error;
  }
  const content = await make();
  writeDurable(path, content, 0o600);
  return content;
}
