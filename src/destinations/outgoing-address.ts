import { lookup } from "node:dns/promises";
import { inRange, ipBytes, ipRange } from "../core/ip.ts";
import { DestinationError } from "./destination.ts";

/** What a name leads to. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** Link-local (RFC 3927, RFC 4291 2.5.6), and where clouds answer what a machine may do and with which keys. */
const forbidden = [
  "169.254.0.0/16",
  "fe80::/10",
  "fd00:ec2::254",
  "100.100.100.200",
  "168.63.129.16",
  "192.0.0.192",
].flatMap((text) => ipRange(text) ?? []);
const metadataName = /^(metadata(\.google\.internal|\.goog)?|instance-data(\.ec2\.internal)?)\.?$/i;
const mapped = ipRange("::ffff:0:0/96");

function isForbidden(address: string): boolean {
  const bytes = ipBytes(address);
  if (bytes === null) return false;
  // "::ffff:169.254.169.254" is that IPv4 address (RFC 4291 2.5.5.2).
  const plain = mapped !== null && inRange(bytes, mapped) ? bytes.subarray(12) : bytes;
  return forbidden.some((range) => inRange(plain, range));
}

/**
 * Refuses link-local and metadata addresses before any connect (T13). An address that the configuration file names as such is
 * IT's own wish; a name that leads there, or an address in disguise (decimal, octal, mapped), is nobody's.
 * @param host as the configuration writes it
 * @param fromFile whether it is the configuration file that names it
 * @returns what a name leads to: connect to these and resolve it no second time, for it may lead elsewhere by then; an
 *   address leads to itself
 * @throws DestinationError destination_rejected, or where the name cannot be resolved the system's error
 */
export async function requireOutgoing(
  host: string,
  resolve: Resolve = addresses,
  fromFile = true,
): Promise<readonly string[]> {
  const bare = host.replace(/^\[|\]$/g, "");
  const literal = ipBytes(bare);
  const inDisguise = literal !== null && literal.length === 16 && mapped !== null && inRange(literal, mapped);
  if (literal !== null && !inDisguise && (fromFile || !isForbidden(bare))) return [bare];
  const found = literal === null && !metadataName.test(bare) ? await resolve(bare) : [bare];
  if (!metadataName.test(bare) && ![canonical(bare), ...found].some(isForbidden)) return found;
  const message = fromFile
    ? "The archive's name leads to a link-local or metadata address. Write the address itself where that is meant."
    : "The archive's address leads to a link-local or metadata address, which only the configuration file may name.";
  throw new DestinationError("destination_rejected", message, false);
}

/** Whether what is written here can only be such an address, without asking where a name leads. */
export function isForbiddenAsWritten(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "");
  return metadataName.test(bare) || [bare, canonical(bare)].some(isForbidden);
}

/** "2852039166", "0xa9fea9fe", "0251.0376.1.1" as every socket library reads them (WHATWG URL 4.5). */
const canonical = (host: string): string =>
  URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : host;
const addresses = async (name: string): Promise<string[]> =>
  (await lookup(name, { all: true })).map(({ address }) => address);

/** The host of an address as it is written, before any library has made another form of it. */
export const writtenHost = (url: string): string =>
  /^https?:\/\/(?:[^/?#]*@)?(\[[^\]]*\]|[^:/?#]*)/i.exec(url)?.[1] ?? "";
