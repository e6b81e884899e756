import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeDurable } from "../core/durable-file.ts";
import { ipBytes } from "../core/ip.ts";
import { constraintsOf, fromPem, issue, makeAuthority, type Pair, toPem } from "./authority.ts";
import { within } from "./name-constraints.ts";
import type { BoxNames } from "./names.ts";
import { authorityFile, leafFile } from "./paths.ts";
import { SubjectAlternativeNameExtension } from "./x509.ts";

/** What `tls.mode = "auto"` serves. */
export interface OwnCertificate {
  /** PEM: the server's certificate, then the authority's. */
  readonly cert: string;
  readonly key: string;
  /** The authority that devices have to trust. */
  readonly authority: { readonly der: Uint8Array<ArrayBuffer>; readonly sha256: string; readonly name: string };
  readonly names: BoxNames;
  /** Names the authority was not made for: browsers will not take the box by them. */
  readonly outside: readonly string[];
  /** Milliseconds. */
  readonly validUntil: number;
  readonly authorityUntil: number;
}

/**
 * The certificate to serve now: the one that lies there, or another where that is past two thirds of its life, lacks a name
 * or does not fit. The authority is made once and kept: devices trust it.
 * @param now milliseconds
 * @throws Error where what lies there cannot be read; a broken authority is never replaced by itself, for all devices would lose their trust
 */
export async function ownCertificate(dataDir: string, wanted: BoxNames, now: number): Promise<OwnCertificate> {
  mkdirSync(join(dataDir, "keys"), { recursive: true, mode: 0o700 });
  const authority = await readOrMake(
    authorityFile(dataDir),
    (pair) => pair.certificate.notAfter.getTime() > now,
    () => makeAuthority(wanted, now),
  );
  const { inside, outside } = within(wanted, constraintsOf(authority));
  const leaf = await readOrMake(
    leafFile(dataDir),
    (pair) =>
      serves(pair, inside, now) && pair.certificate.verify({ publicKey: authority.certificate, signatureOnly: true }),
    () => issue(authority, inside, now),
  );
  const [own, root] = [await toPem(leaf), await toPem(authority)];
  const der = new Uint8Array(authority.certificate.rawData);
  return {
    cert: own.cert + root.cert,
    key: own.key,
    authority: { der, sha256: createHash("sha256").update(der).digest("hex"), name: commonName(authority) },
    names: inside,
    outside,
    validUntil: leaf.certificate.notAfter.getTime(),
    authorityUntil: authority.certificate.notAfter.getTime(),
  };
}

const commonName = ({ certificate }: Pair) => certificate.subjectName.getField("CN")[0] ?? "RelayPACS";

/** Good for all these names, and not past two thirds of its life. */
function serves({ certificate }: Pair, { dns, addresses }: BoxNames, now: number): boolean {
  const [from, until] = [certificate.notBefore.getTime(), certificate.notAfter.getTime()];
  if (now < from || now >= from + ((until - from) * 2) / 3) return false;
  const known = certificate.getExtension(SubjectAlternativeNameExtension)?.names.toJSON() ?? [];
  const keys = new Set(known.map(({ value }) => keyOf(String(value))));
  return [...dns, ...addresses].every((it) => keys.has(keyOf(it)));
}

/** One form for each address, however it is written. */
const keyOf = (name: string): string => Buffer.from(ipBytes(name) ?? Buffer.from(name)).toString("hex");

async function readOrMake(
  path: string,
  isGood: (pair: Pair) => boolean | Promise<boolean>,
  make: () => Promise<Pair>,
): Promise<Pair> {
  const text = readIfThere(path);
  if (text !== null) {
    const pair = await fromPem(text);
    if (await isGood(pair)) return pair;
  }
  const made = await make();
  const { cert, key } = await toPem(made);
  writeDurable(path, cert + key, 0o600);
  return made;
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return null;
    throw error;
  }
}
