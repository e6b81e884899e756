import { inRange, ipBytes, ipRange, maskByte } from "../core/ip.ts";
import type { BoxNames } from "./names.ts";

/** Where a box on a local network may find itself later on: private, shared, loopback and link-local (RFC 6890). */
const local = [
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "fc00::/7",
  "fe80::/10",
  "::1/128",
];
const localRanges = local.flatMap((text) => ipRange(text) ?? []);

/** What an authority may sign for at all: the box's own names and local addresses, so that its key is of no use elsewhere. */
export interface Constraints {
  readonly dns: readonly string[];
  /** As ranges. */
  readonly addresses: readonly string[];
}

const isLocal = (address: string): boolean => {
  const bytes = ipBytes(address);
  return bytes !== null && localRanges.some((range) => inRange(bytes, range));
};

export const constraintsFor = ({ dns, addresses }: BoxNames): Constraints => ({
  dns,
  addresses: [...local, ...addresses.filter((address) => !isLocal(address))],
});

/** The names out of these that such an authority can sign for, and those it cannot (RFC 5280 4.2.1.10). */
export function within(names: BoxNames, { dns, addresses }: Constraints): { inside: BoxNames; outside: string[] } {
  const ranges = addresses.flatMap((text) => ipRange(text) ?? []);
  const fits = (name: string) => dns.some((base) => name === base || name.endsWith(`.${base}`));
  const reached = (address: string) => {
    const bytes = ipBytes(address);
    return bytes !== null && ranges.some((range) => inRange(bytes, range));
  };
  return {
    inside: { dns: names.dns.filter(fits), addresses: names.addresses.filter(reached) },
    outside: [...names.dns.filter((it) => !fits(it)), ...names.addresses.filter((it) => !reached(it))],
  };
}

/** NameConstraints with permitted subtrees alone, DER (RFC 5280 4.2.1.10). */
export function nameConstraints({ dns, addresses }: Constraints): Uint8Array<ArrayBuffer> {
  const names = dns.map((base) => der(0x82, Buffer.from(base, "ascii")));
  const ranges = addresses.flatMap((text) => {
    const range = ipRange(text);
    if (range === null) return [];
    const mask = range.network.map((_, at) => maskByte(range.bits, at));
    return [der(0x87, Buffer.concat([range.network.map((byte, at) => byte & (mask[at] ?? 0)), mask]))];
  });
  const subtrees = [...names, ...ranges].map((base) => der(0x30, base));
  return new Uint8Array(der(0x30, der(0xa0, Buffer.concat(subtrees))));
}

/** The permitted subtrees as `nameConstraints` writes them. */
export function readConstraints(bytes: Uint8Array): Constraints {
  const found = { dns: [] as string[], addresses: [] as string[] };
  const [whole] = parts(bytes);
  const [permitted] = parts(whole?.value ?? new Uint8Array());
  for (const subtree of parts(permitted?.value ?? new Uint8Array())) {
    const [base] = parts(subtree.value);
    if (base?.tag === 0x82) found.dns.push(Buffer.from(base.value).toString("ascii"));
    if (base?.tag === 0x87) found.addresses.push(rangeText(base.value));
  }
  return found;
}

function rangeText(value: Uint8Array): string {
  const half = value.length / 2;
  const bits = ones(value.subarray(half));
  const network = [...value.subarray(0, half)];
  if (half === 4) return `${network.join(".")}/${bits}`;
  return `${(Buffer.from(network).toString("hex").match(/.{4}/g) ?? []).join(":")}/${bits}`;
}

const ones = (mask: Uint8Array): number =>
  [...mask].reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0);

function der(tag: number, value: Uint8Array): Buffer {
  const { length } = value;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}

function parts(bytes: Uint8Array): { tag: number; value: Uint8Array }[] {
  const found: { tag: number; value: Uint8Array }[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const [tag = 0, first = 0] = bytes.subarray(at, at + 2);
    const more = first < 128 ? 0 : first & 127;
    const length = first < 128 ? first : bytes.subarray(at + 2, at + 2 + more).reduce((sum, it) => sum * 256 + it, 0);
    const start = at + 2 + more;
    found.push({ tag, value: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}
