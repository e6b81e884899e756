import { afterEach, beforeEach, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTHeaderParameters, SignJWT } from "jose";
import { rotateKey } from "./key-ring.ts";
import { type Keys, keyFolder, loadKeys } from "./keys.ts";
import { createTokens, type Tokens } from "./tokens.ts";

let folder: string;
let keys: Keys;
let tokens: Tokens;
const user = { id: "u", role: "admin" } as const;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-tokens-"));
  keys = await loadKeys(folder);
  tokens = createTokens(keys);
});
afterEach(() => rmSync(folder, { recursive: true }));

const claims = { role: "admin", sid: "s", iss: "relaypacs", aud: "access", sub: "u", exp: Date.now() / 1000 + 600 };
const header = { alg: "EdDSA", typ: "relaypacs-access+jwt" };
const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const refused = (token: string) => expect(tokens.verify(token)).rejects.toMatchObject({ code: "unauthorized" });
const ownJwk = () => JSON.parse(readFileSync(join(folder, "keys/signing.jwk"), "utf8")) as JWK;
/** A token with any header and claims, signed by the box's own key. */
async function signed(head: object = {}, said: object = {}, key?: CryptoKey) {
  const { kid, privateKey } = await keys.signing.current();
  return new SignJWT({ ...claims, ...said })
    .setProtectedHeader({ ...header, kid, ...head } as JWTHeaderParameters)
    .sign(key ?? privateKey);
}

test("a token of the box is good", async () => {
  expect(await tokens.verify(await signed())).toMatchObject({ kind: "access", userId: "u", sessionId: "s" });
});

test("alg none, in any case, with and without a signature (T4)", async () => {
  const { kid } = await keys.signing.current();
  for (const alg of ["none", "None", "NONE"]) {
    const unsigned = `${encoded({ ...header, alg, kid })}.${encoded(claims)}.`;
    await refused(unsigned);
    await refused(`${unsigned}${(await signed()).split(".")[2]}`);
  }
});

test("HS256 with the public key as the secret", async () => {
  const { x = "", kid } = ownJwk();
  for (const secret of [x, Buffer.from(x, "base64url"), JSON.stringify({ kty: "OKP", crv: "Ed25519", x })]) {
    const body = `${encoded({ ...header, alg: "HS256", kid })}.${encoded(claims)}`;
    await refused(`${body}.${createHmac("sha256", secret).update(body).digest("base64url")}`);
  }
});

test("another's key: embedded, pointed to, or under the box's own id", async () => {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA", { extractable: true });
  const jwk = await exportJWK(publicKey);
  const { kid } = await keys.signing.current();
  for (const head of [{}, { jwk }, { jwk, kid: "mine" }, { jku: "http://127.0.0.1:9/keys", kid }, { x5c: ["AAAA"] }])
    await refused(await signed(head, {}, privateKey));
});

test("an id that is no key of the ring, a path, or none", async () => {
  writeFileSync(join(folder, "planted.jwk"), readFileSync(join(folder, "keys/signing.jwk")));
  for (const kid of ["other", "../planted.jwk", "../../etc/passwd", "", "__proto__", undefined])
    await refused(await signed({ kid }));
});

test("another audience, issuer, type, an end that is past or missing", async () => {
  await refused(await signed({}, { aud: "upload" }));
  await refused(await signed({}, { iss: "somebody" }));
  await refused(await signed({ typ: "JWT" }));
  await refused(await signed({ typ: "relaypacs-upload+jwt" }));
  await refused(await signed({}, { exp: 1 }));
  await refused(await signed({}, { exp: undefined }));
  await refused(await signed({}, { sid: undefined }));
});

test("rotation: a new key signs, in a running box as well; the old one's tokens are good until they end", async () => {
  const before = await tokens.access(user, "s", 600);
  const old = (await keys.signing.current()).kid;
  const kid = await rotateKey(keyFolder(folder), 600_000);
  expect((await keys.signing.current()).kid).toBe(kid);
  expect(kid).not.toBe(old);
  const fresh = createTokens(await loadKeys(folder)); // after a restart, with nothing remembered
  for (const verify of [tokens.verify, fresh.verify])
    for (const token of [before, await tokens.access(user, "s", 600)])
      expect(await verify(token)).toMatchObject({ userId: "u" });
  for (const name of ["signing.jwk", "retired.json"])
    expect(statSync(join(folder, "keys", name)).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(folder, "keys/retired.json"), "utf8")).not.toContain('"d"');
});

test("a key that retired longer ago than any token lives verifies nothing", async () => {
  const oldKey = (await importJWK(ownJwk(), "EdDSA")) as CryptoKey;
  const { kid } = await keys.signing.current();
  await rotateKey(keyFolder(folder), -1);
  await refused(await signed({ kid }, {}, oldKey));
  await rotateKey(keyFolder(folder), 600_000);
  expect(JSON.parse(readFileSync(join(folder, "keys/retired.json"), "utf8"))).toHaveLength(1);
});
