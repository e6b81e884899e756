import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { knownReceiptKey, loadReceiptKey, verifyReceipt } from "./receipt-key.ts";

const folder = mkdtempSync(join(tmpdir(), "relaypacs-receipt-"));
afterAll(() => rmSync(folder, { recursive: true }));
const receipt = {
  receipt_id: "r",
  site_name: "Süd",
  studies: [{ study_instance_uid: "2.25.1", deliveries: [{ via: null, instances: [{ sha256: "aa", time: "t" }] }] }],
};
type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Every document that differs from this one in one place: a value changed, a member or item taken out, one put in. */
function* spoilt(value: Json): Generator<Json> {
  if (typeof value === "string") yield value.endsWith("A") ? `${value.slice(0, -1)}B` : `${value.slice(0, -1)}A`;
  else if (value === null) yield "";
  else if (Array.isArray(value)) {
    yield [...value, null];
    for (const [index, item] of value.entries()) {
      yield value.toSpliced(index, 1);
      for (const other of spoilt(item)) yield value.with(index, other);
    }
  } else if (typeof value === "object") {
    yield { ...value, more: 1 };
    for (const [key, item] of Object.entries(value)) {
      const { [key]: _gone, ...rest } = value;
      yield rest;
      for (const other of spoilt(item)) yield { ...value, [key]: other };
    }
  }
}

test("a signed receipt is good in whatever order and form, and one change anywhere makes it bad", async () => {
  const signer = await loadReceiptKey(folder);
  const signed = await signer.sign(receipt);
  expect(await verifyReceipt(signed)).toBe(signer.fingerprint);
  const turned = Object.fromEntries(Object.entries(JSON.parse(JSON.stringify(signed, null, 4))).reverse());
  expect(await verifyReceipt(turned)).toBe(signer.fingerprint);
  expect(await signer.sign(receipt)).toEqual(signed);
  let changes = 0;
  for (const document of spoilt(JSON.parse(JSON.stringify(signed)))) {
    changes += 1;
    expect([JSON.stringify(document), await verifyReceipt(document)]).toEqual([JSON.stringify(document), null]);
  }
  expect(changes).toBeGreaterThan(30);
  for (const none of [null, 1, "x", [], {}, { signature: null }]) expect(await verifyReceipt(none)).toBeNull();
});

test("the key is the box's own, kept, and readable by nobody else", async () => {
  const { fingerprint } = await loadReceiptKey(folder);
  expect((await loadReceiptKey(folder)).fingerprint).toBe(fingerprint);
  expect((await knownReceiptKey(folder))?.fingerprint).toBe(fingerprint);
  expect(fingerprint).toMatch(/^SHA256:[\w-]{43}$/);
  expect(statSync(join(folder, "keys", "receipt.jwk")).mode & 0o777).toBe(0o600);
  const other = mkdtempSync(join(tmpdir(), "relaypacs-receipt-"));
  try {
    expect(await knownReceiptKey(other)).toBeNull();
    // Signed anew by somebody else it is sound, and the fingerprint tells.
    const forged = await (await loadReceiptKey(other)).sign(receipt);
    expect(await verifyReceipt(forged)).not.toBe(fingerprint);
    // Bits that base64url leaves unused are no second spelling.
    const last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const { jws } = forged.signature;
    const next = last[last.indexOf(jws.at(-1) ?? "") ^ 1];
    const respelt = { ...forged.signature, jws: `${jws.slice(0, -1)}${next}` };
    expect(await verifyReceipt({ ...forged, signature: respelt })).toBeNull();
    // Under our fingerprint it is not.
    const { signature } = await (await loadReceiptKey(folder)).sign(receipt);
    expect(await verifyReceipt({ ...forged, signature: { ...forged.signature, fingerprint } })).toBeNull();
    expect(await verifyReceipt({ ...forged, signature: { ...signature, jws: forged.signature.jws } })).toBeNull();
  } finally {
    rmSync(other, { recursive: true });
  }
});
