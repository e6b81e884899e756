import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIP } from "node:net";

/** What is wrong with a certificate that IT gave, in words, and what helps. */
export interface CertificateFault {
  readonly kind: "unreadable" | "key" | "chain" | "name" | "not_yet" | "expired" | "soon";
  readonly words: string;
  readonly fix: string;
  /** Served all the same: some or all devices are warned, but a box that does not start helps none of them. */
  readonly servable: boolean;
}

const fortnight = 14 * 86_400_000;
const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Every certificate in a PEM text, in order. @throws Error where one cannot be read */
export function readChain(text: string): X509Certificate[] {
  const chain = (text.match(pem) ?? []).map((block) => new X509Certificate(block));
  if (chain.length === 0) throw new Error("no certificate");
  return chain;
}

/**
 * Chain, key, name and expiry of `tls.cert` and `tls.key`.
 * @param host of `public_url`; "" where none is set
 * @param now milliseconds
 */
export function certificateFaults(cert: string, key: string, host: string, now: number): CertificateFault[] {
  const fix = "Put a valid certificate and its key at tls.cert and tls.key (PEM).";
  let chain: X509Certificate[];
  let belongs: boolean;
  try {
    chain = readChain(cert);
    belongs = chain[0]?.checkPrivateKey(createPrivateKey(key)) === true;
  } catch {
    return [
      { kind: "unreadable", words: "tls.cert or tls.key is not a PEM file that can be read", fix, servable: false },
    ];
  }
  const leaf = chain[0];
  if (leaf === undefined) return [];
  const faults: CertificateFault[] = [];
  const say = (kind: CertificateFault["kind"], words: string, how: string, servable = true) =>
    faults.push({ kind, words, fix: how, servable });
  if (!belongs) say("key", "the key does not belong to the certificate", fix, false);

  const broken = chain.findIndex((one, at) => at > 0 && !isIssuedBy(chain[at - 1], one));
  if (broken > 0) {
    const order = "Put the server's certificate first in tls.cert, then each one's issuer.";
    say("chain", `certificate ${broken + 1} in tls.cert did not issue the one before it`, order);
  } else if (chain.length === 1 && !isIssuedBy(leaf, leaf)) {
    say(
      "chain",
      "tls.cert lacks the intermediate certificates",
      "Append the issuer's certificate (the full chain) to tls.cert.",
    );
  }
  if (host !== "" && !(isIP(host) === 0 ? leaf.checkHost(host) : leaf.checkIP(host))) {
    say(
      "name",
      `it is not good for ${host}, the host of public_url`,
      "Ask for a certificate with that name as subjectAltName.",
    );
  }
  const late = chain.find((one) => Date.parse(one.validTo) < now);
  if (Date.parse(leaf.validFrom) > now) say("not_yet", `valid only from ${leaf.validFrom}`, fix);
  if (late !== undefined)
    say("expired", `${late === leaf ? "it" : "its issuer's certificate"} ended on ${late.validTo}`, fix);
  else if (Date.parse(leaf.validTo) - now < fortnight)
    say("soon", `it ends on ${leaf.validTo}`, "Renew it now; SIGHUP makes the server read it.");
  return faults;
}

const isIssuedBy = (one: X509Certificate | undefined, issuer: X509Certificate): boolean =>
  one?.checkIssued(issuer) === true && one.verify(issuer.publicKey);
