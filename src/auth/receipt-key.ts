import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  calculateJwkThumbprint,
  exportJWK,
  FlattenedSign,
  flattenedVerify,
  generateKeyPair,
  importJWK,
  type JWK,
} from "jose";
import type { ReceiptPublicKey, ReceiptSignature } from "../contract/receipt.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import { writeDurable } from "../core/durable-file.ts";
import { keyFolder } from "./keys.ts";

export interface ReceiptSigner {
  readonly publicKey: ReceiptPublicKey;
  readonly fingerprint: string;
  /** The document with its signature; the same one for the same content. */
  sign<T extends object>(document: T): Promise<T & { readonly signature: ReceiptSignature }>;
}

const type = "relaypacs-receipt";
const publicPart = (jwk: JWK): ReceiptPublicKey => ({ kty: "OKP", crv: "Ed25519", x: jwk.x ?? "" });
const fingerprintOf = async (key: ReceiptPublicKey): Promise<string> =>
  `SHA256:${await calculateJwkThumbprint({ ...key })}`;

/** The key of its own that signs receipts: made at the first start, never rotated with those of tokens, or old proofs would be nobody's. */
export async function loadReceiptKey(dataDir: string): Promise<ReceiptSigner> {
  const path = join(keyFolder(dataDir), "receipt.jwk");
  const jwk = readKey(path) ?? (await makeKey(path));
  const privateKey = await importJWK(jwk, "EdDSA");
  const publicKey = publicPart(jwk);
  const fingerprint = await fingerprintOf(publicKey);
  const header = { alg: "EdDSA", typ: type, kid: fingerprint, b64: false, crit: ["b64"] };
  return {
    publicKey,
    fingerprint,
    sign: async (document) => {
      const bytes = new TextEncoder().encode(canonicalJson(document));
      const signed = await new FlattenedSign(bytes).setProtectedHeader(header).sign(privateKey);
      const jws = `${signed.protected}..${signed.signature}`;
      return { ...document, signature: { jws, public_key: publicKey, fingerprint } };
    },
  };
}

/** The key that signs receipts, where this box has one; makes none. */
export async function knownReceiptKey(
  dataDir: string,
): Promise<Pick<ReceiptSigner, "publicKey" | "fingerprint"> | null> {
  const jwk = readKey(join(dataDir, "keys", "receipt.jwk"));
  if (jwk === null) return null;
  return { publicKey: publicPart(jwk), fingerprint: await fingerprintOf(publicPart(jwk)) };
}

/**
 * Whether a document is as it was signed, by the key that stands in it; whose key that is, its fingerprint has to tell.
 * @returns the key's fingerprint; null where anything of it was changed, or it is no signed receipt
 */
export async function verifyReceipt(document: unknown): Promise<string | null> {
  try {
    const { signature, ...signed } = document as { signature: ReceiptSignature };
    const { jws, public_key: key, fingerprint, ...more } = signature;
    const parts = jws.split(".");
    const [head = "", nothing, tail = ""] = parts;
    // What nobody signed must not be there either.
    if (Object.keys(more).length > 0 || parts.length !== 3 || nothing !== "") return null;
    // The last character has bits that say nothing: one spelling counts.
    if (Buffer.from(tail, "base64url").toString("base64url") !== tail) return null;
    if (canonicalJson(key) !== canonicalJson(publicPart({ ...key }))) return null;
    const { protectedHeader } = await flattenedVerify(
      { protected: head, payload: new TextEncoder().encode(canonicalJson(signed)), signature: tail },
      await importJWK({ ...key }, "EdDSA"),
      { algorithms: ["EdDSA"] },
    );
    const own = await fingerprintOf(key);
    const named = protectedHeader?.kid === own && fingerprint === own && protectedHeader.typ === type;
    return named ? own : null;
  } catch {
    return null; // jose tells a wrong signature, a wrong key and broken base64url by throwing
  }
}

function readKey(path: string): JWK | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as JWK;
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return null;
    throw error;
  }
}

async function makeKey(path: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  const jwk = await exportJWK(privateKey);
  writeDurable(path, JSON.stringify(jwk), 0o600);
  return jwk;
}
