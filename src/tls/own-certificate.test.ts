import { afterAll, beforeAll, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boxNames } from "./names.ts";
import { type OwnCertificate, ownCertificate } from "./own-certificate.ts";
import { authorityFile, leafFile } from "./paths.ts";

const day = 86_400_000;
const start = Date.UTC(2026, 10, 1);
const machine = { hostname: "relay", fqdn: "relay.hospital.lan", addresses: ["10.1.2.3", "fd00::2", "fe80::1%eth0"] };
const config = { public_url: "https://pacs.hospital.lan:8443", listen: "0.0.0.0:8443" };
const names = boxNames(config, machine);
let folder: string;
let first: OwnCertificate;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-own-"));
  first = await ownCertificate(folder, names, start);
});
afterAll(() => rmSync(folder, { recursive: true }));

const withOpenssl = Bun.which("openssl") === null ? () => {} : test;
const verified = (host: string[], leaf = first.cert) => {
  const root = join(folder, "root.pem");
  writeFileSync(root, new X509Certificate(first.authority.der).toString());
  writeFileSync(join(folder, "leaf.pem"), leaf);
  const at = ["-attime", String(start / 1000 + 60)];
  const ran = Bun.spawnSync(
    [
      "openssl",
      "verify",
      "-x509_strict",
      "-purpose",
      "sslserver",
      ...at,
      ...host,
      "-CAfile",
      root,
      join(folder, "leaf.pem"),
    ],
    { stdin: "ignore" },
  );
  return `${ran.stdout}${ran.stderr}`;
};

test("the names: host, full name, .local, addresses, and the configured one", () => {
  expect(names.dns).toEqual(["pacs.hospital.lan", "relay", "relay.hospital.lan", "relay.local", "localhost"]);
  expect(names.addresses).toEqual(["10.1.2.3", "fd00::2", "fe80::1"]);
});

withOpenssl("openssl takes the chain for each name, and for no other", () => {
  for (const name of names.dns) expect(verified(["-verify_hostname", name])).toEndWith(": OK\n");
  for (const address of names.addresses) expect(verified(["-verify_ip", address])).toEndWith(": OK\n");
  expect(verified(["-verify_hostname", "elsewhere.example"])).toContain("ostname mismatch");
});

withOpenssl("the authority's key signs for no other name", async () => {
  const { issue, fromPem, toPem } = await import("./authority.ts");
  const authority = await fromPem(readFileSync(authorityFile(folder), "utf8"));
  const forged = async (dns: string[], addresses: string[]) =>
    (await toPem(await issue(authority, { dns, addresses }, start))).cert;
  expect(verified([], await forged(["bank.example"], []))).toContain("permitted subtree violation");
  expect(verified([], await forged(["relay", "192.168.7.7"], []))).toContain("permitted subtree violation");
  expect(verified([], await forged(["a.relay"], []))).toEndWith(": OK\n");
});

test("a leaf of at most 397 days below an authority of ten years; keys are the owner's alone", () => {
  const [leaf, root] = [new X509Certificate(first.cert), new X509Certificate(first.authority.der)];
  const days = (it: X509Certificate) => (Date.parse(it.validTo) - Date.parse(it.validFrom)) / day;
  expect(days(leaf)).toBeLessThanOrEqual(397);
  expect(Math.round(days(root) / 365)).toBe(10);
  expect(leaf.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
  expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  for (const path of [authorityFile(folder), leafFile(folder)]) expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("it stays until two thirds of its life, then another one comes from the same authority", async () => {
  const stayed = await ownCertificate(folder, names, start + 250 * day);
  expect(stayed.cert).toBe(first.cert);
  const renewed = await ownCertificate(folder, names, start + 270 * day);
  expect(renewed.cert).not.toBe(first.cert);
  expect(renewed.authority.sha256).toBe(first.authority.sha256);
  expect(renewed.validUntil).toBeGreaterThan(start + 600 * day);
  expect((await ownCertificate(folder, names, start)).authority.sha256).toBe(first.authority.sha256);
});

test("a new address is in the next certificate at once; one that went away changes nothing", async () => {
  const before = await ownCertificate(folder, names, start);
  const moved = { ...names, addresses: [...names.addresses, "192.168.1.9"] };
  const after = await ownCertificate(folder, moved, start);
  expect(after.cert).not.toBe(before.cert);
  expect(new X509Certificate(after.cert).subjectAltName).toContain("192.168.1.9");
  expect((await ownCertificate(folder, names, start)).cert).toBe(after.cert);
});

test("a name the authority was not made for is told, and left out", async () => {
  const renamed = { ...names, dns: [...names.dns, "other.example"], addresses: [...names.addresses, "8.8.8.8"] };
  const { outside, cert } = await ownCertificate(folder, renamed, start);
  expect(outside).toEqual(["other.example"]);
  expect(new X509Certificate(cert).subjectAltName).not.toContain("other.example");
});

test("an authority that cannot be read is not replaced behind everyone's back", async () => {
  const broken = mkdtempSync(join(tmpdir(), "relaypacs-own-"));
  await ownCertificate(broken, names, start);
  writeFileSync(authorityFile(broken), "nothing");
  expect(ownCertificate(broken, names, start)).rejects.toThrow();
  await Bun.sleep(0);
  expect(readFileSync(authorityFile(broken), "utf8")).toBe("nothing");
  rmSync(broken, { recursive: true });
});
