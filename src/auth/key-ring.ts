import { randomBytes } from "node:crypto";
import { chmodSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import { writeDurable } from "../core/durable-file.ts";

/** The key that signs, and those before it that still verify. */
export interface KeyRing {
  /** The key of today, also when it was rotated by another process. */
  current(): Promise<{ readonly kid: string; readonly privateKey: CryptoKey }>;
  /** The public key of that id, if tokens of it can be alive; an id is only ever compared, never made a path. */
  find(kid: string): Promise<CryptoKey | undefined>;
}

/** A public key whose private part is gone. */
interface Retired {
  readonly jwk: JWK;
  /** Milliseconds since 1970: the longest token it signed has ended then. */
  readonly until: number;
}

const files = (folder: string) => ({ signing: join(folder, "signing.jwk"), retired: join(folder, "retired.json") });

/** Opens the ring of a folder, and makes its first key. */
export async function openKeyRing(folder: string): Promise<KeyRing> {
  const { signing, retired } = files(folder);
  if (!exists(signing)) writeDurable(signing, await newKey(), 0o600);
  chmodSync(signing, 0o600);
  const stamp = () => [signing, retired].map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs).join(" ");
  let loadedAt = "";
  let loaded: ReturnType<typeof load> | undefined;
  const ring = () => {
    const now = stamp();
    if (loaded === undefined || now !== loadedAt) {
      loadedAt = now;
      loaded = load(folder);
    }
    return loaded;
  };
  await ring();
  return {
    current: async () => (await ring()).signing,
    find: async (kid) => {
      const known = (await ring()).verifying.get(kid);
      return known !== undefined && known.until > Date.now() ? known.key : undefined;
    },
  };
}

/**
 * A new key signs from now on; what the old one signed is good until it ends by itself. A running box takes it up with the next token.
 * @param longestTokenMs how long a token of the old key can live
 * @returns the new key's id
 */
export async function rotateKey(folder: string, longestTokenMs: number): Promise<string> {
  const { signing, retired } = files(folder);
  const old = readJwk(signing);
  const alive = readRetired(retired).filter(({ until }) => until > Date.now());
  const list: Retired[] = [...alive, { jwk: publicPart(old), until: Date.now() + longestTokenMs }];
  // First: whenever this is cut, the old key still verifies.
  writeDurable(retired, JSON.stringify(list), 0o600);
  const made = await newKey();
  writeDurable(signing, made, 0o600);
  return (JSON.parse(made) as JWK).kid ?? "";
}

async function load(folder: string) {
  const { signing, retired } = files(folder);
  const jwk = readJwk(signing);
  const kid = jwk.kid ?? "";
  const verifying = new Map<string, { readonly key: CryptoKey; readonly until: number }>();
  for (const { jwk: old, until } of readRetired(retired))
    verifying.set(old.kid ?? "", { key: await keyOf(old), until });
  verifying.set(kid, { key: await keyOf(publicPart(jwk)), until: Number.POSITIVE_INFINITY });
  return { signing: { kid, privateKey: await keyOf(jwk) }, verifying };
}

async function newKey(): Promise<string> {
  const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  return JSON.stringify({ ...(await exportJWK(privateKey)), kid: randomBytes(8).toString("hex"), alg: "EdDSA" });
}

const exists = (path: string) => statSync(path, { throwIfNoEntry: false }) !== undefined;
const readJwk = (path: string) => JSON.parse(readFileSync(path, "utf8")) as JWK;
const readRetired = (path: string) => (exists(path) ? (JSON.parse(readFileSync(path, "utf8")) as Retired[]) : []);
const publicPart = ({ d: _private, ...rest }: JWK): JWK => rest;
const keyOf = async (jwk: JWK) => (await importJWK(jwk, "EdDSA")) as CryptoKey;
