import type { BoxNames } from "./names.ts";

/**
 * What an authority may sign for: the box's own names, so that its key is of no use against any other site (RFC 5280
 * 4.2.1.10). Addresses stay free: they change, and BoringSSL takes no certificate at all below a constraint on them (measured).
 */
export function within(names: BoxNames, permitted: readonly string[]): { inside: BoxNames; outside: string[] } {
  const fits = (name: string) => permitted.some((base) => name === base || name.endsWith(`.${base}`));
  return {
    inside: { dns: names.dns.filter(fits), addresses: names.addresses },
    outside: names.dns.filter((name) => !fits(name)),
  };
}

/** NameConstraints with these dNSName as permitted subtrees, DER. */
export function nameConstraints(dns: readonly string[]): Uint8Array<ArrayBuffer> {
  const subtrees = dns.map((base) => der(0x30, der(0x82, Buffer.from(base, "ascii"))));
  return new Uint8Array(der(0x30, der(0xa0, Buffer.concat(subtrees))));
}

/** The names as `nameConstraints` writes them. */
export function readConstraints(bytes: Uint8Array): string[] {
  const inside = (part: Uint8Array | undefined) => parts(part ?? new Uint8Array());
  const [whole] = parts(bytes);
  const [permitted] = inside(whole);
  return inside(permitted).flatMap((subtree) => inside(subtree).map((name) => Buffer.from(name).toString("ascii")));
}

function der(tag: number, value: Uint8Array): Buffer {
  const { length } = value;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}

/** The values of the elements that follow each other in these bytes. */
function parts(bytes: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const first = bytes[at + 1] ?? 0;
    const more = first < 128 ? 0 : first & 127;
    const length = first < 128 ? first : bytes.subarray(at + 2, at + 2 + more).reduce((sum, it) => sum * 256 + it, 0);
    const start = at + 2 + more;
    found.push(bytes.subarray(start, start + length));
    at = start + length;
  }
  return found;
}
