import { randomBytes } from "node:crypto";
import { nameConstraints, readConstraints } from "./name-constraints.ts";
import type { BoxNames } from "./names.ts";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "./x509.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const nameConstraintsOid = "2.5.29.30";
const day = 86_400_000;
const authorityDays = 3650;
/** 397 days in all are the most that browsers take (CA/Browser Forum BR 6.3.2). */
const leafDays = 396;
/** Devices whose clock is behind take it as well. */
const backdated = day;

/** A certificate and its private key. */
export interface Pair {
  readonly certificate: X509Certificate;
  readonly key: CryptoKey;
}

/** Positive, not guessable, at most 20 bytes (RFC 5280 4.1.2.2). */
const serial = () => `4${randomBytes(15).toString("hex").slice(1)}`;
const newKeys = () => crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
/** A name may hold anything; what would need escaping in it is left out. */
const plain = (text: string) => text.replace(/[^\w .-]/g, "").slice(0, 48);

/** The box's own authority: ten years, for these names and no others. @param now milliseconds */
export async function makeAuthority(names: BoxNames, now: number): Promise<Pair> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    // Two boxes of one name are told apart in a device's list.
    name: `CN=RelayPACS ${plain(names.dns[0] ?? "box")} ${randomBytes(3).toString("hex")}`,
    notBefore: new Date(now - backdated),
    notAfter: new Date(now - backdated + authorityDays * day),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      new Extension(nameConstraintsOid, true, nameConstraints(names.dns)),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, key: keys.privateKey };
}

/** The names an authority may sign for. */
export function constraintsOf({ certificate }: Pair): string[] {
  const extension = certificate.getExtension(nameConstraintsOid);
  return extension === null ? [] : readConstraints(new Uint8Array(extension.value));
}

/** A server's certificate for these names, which the authority has to be good for. @param now milliseconds */
export async function issue(authority: Pair, names: BoxNames, now: number): Promise<Pair> {
  const keys = await newKeys();
  const start = Math.max(now - backdated, authority.certificate.notBefore.getTime());
  const end = Math.min(start + leafDays * day, authority.certificate.notAfter.getTime());
  const sans: JsonGeneralName[] = [
    ...names.dns.map((value) => ({ type: "dns" as const, value })),
    ...names.addresses.map((value) => ({ type: "ip" as const, value })),
  ];
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=${plain(names.dns[0] ?? names.addresses[0] ?? "RelayPACS")}`,
    issuer: authority.certificate.subject,
    notBefore: new Date(start),
    notAfter: new Date(end),
    publicKey: keys.publicKey,
    signingKey: authority.key,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(sans),
      await AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, key: keys.privateKey };
}

/** Certificate and key in one text, so that a power cut never leaves one without the other. */
export async function toPem({ certificate, key }: Pair): Promise<{ cert: string; key: string }> {
  const der = Buffer.from(await crypto.subtle.exportKey("pkcs8", key)).toString("base64");
  const lines = der.match(/.{1,64}/g)?.join("\n") ?? "";
  return {
    cert: `${certificate.toString("pem").trim()}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`,
  };
}

/** @throws Error where the text holds no such pair */
export async function fromPem(text: string): Promise<Pair> {
  const block = (label: string) =>
    new RegExp(`-----BEGIN ${label}-----([^-]+)-----END ${label}-----`).exec(text)?.[1]?.replace(/\s/g, "") ?? "";
  const key = await crypto.subtle.importKey("pkcs8", Buffer.from(block("PRIVATE KEY"), "base64"), algorithm, true, [
    "sign",
  ]);
  return { certificate: new X509Certificate(block("CERTIFICATE")), key };
}
