import { expect, test } from "bun:test";
import { issue, makeAuthority, toPem } from "./authority.ts";
import { certificateFaults } from "./file-check.ts";

const day = 86_400_000;
const now = Date.UTC(2026, 10, 1);
const names = { dns: ["relay.hospital.lan"], addresses: ["10.1.2.3"] };
const authority = await makeAuthority(names, now);
const [leaf, other] = [
  await toPem(await issue(authority, names, now)),
  await toPem(await issue(authority, names, now)),
];
const root = (await toPem(authority)).cert;

const kinds = (cert: string, key = leaf.key, host = "relay.hospital.lan", at = now): string[] =>
  certificateFaults(cert, key, host, at).map(({ kind }) => kind);

test.each([
  ["a chain in order", () => kinds(leaf.cert + root), []],
  ["an address as name", () => kinds(leaf.cert + root, leaf.key, "10.1.2.3"), []],
  ["no public_url", () => kinds(leaf.cert + root, leaf.key, ""), []],
  ["another's key", () => kinds(leaf.cert + root, other.key), ["key"]],
  ["no intermediate", () => kinds(leaf.cert), ["chain"]],
  ["the order turned", () => kinds(root + leaf.cert).filter((kind) => kind === "chain"), ["chain"]],
  ["a stranger in the chain", () => kinds(leaf.cert + other.cert), ["chain"]],
  ["another name", () => kinds(leaf.cert + root, leaf.key, "pacs.hospital.lan"), ["name"]],
  ["another address", () => kinds(leaf.cert + root, leaf.key, "10.1.2.4"), ["name"]],
  ["not valid yet", () => kinds(leaf.cert + root, leaf.key, "", now - 3 * day), ["not_yet"]],
  ["about to end", () => kinds(leaf.cert + root, leaf.key, "", now + 390 * day), ["soon"]],
  ["ended", () => kinds(leaf.cert + root, leaf.key, "", now + 400 * day), ["expired"]],
  ["no certificate", () => kinds("nothing"), ["unreadable"]],
  ["no key", () => kinds(leaf.cert, "nothing"), ["unreadable"]],
])("%s", (_name, found, expected) => expect(found()).toEqual(expected as string[]));

test("only what no browser could ever take keeps the box from starting", () => {
  const servable = (cert: string, key: string) =>
    certificateFaults(cert, key, "x.lan", now + 400 * day).map((it) => it.servable);
  expect(servable(leaf.cert, leaf.key)).toEqual([true, true, true]);
  expect(servable(leaf.cert, other.key)[0]).toBe(false);
});
