import { isIP } from "node:net";

/** The bytes of an address as text, 4 or 16 of them; a zone (`%eth0`) is left away. Null for what is none. */
export function ipBytes(text: string): Uint8Array | null {
  const [address = ""] = text.replace(/^\[|\]$/g, "").split("%");
  const kind = isIP(address);
  if (kind === 0) return null;
  if (kind === 4) return Uint8Array.from(address.split(".").map(Number));
  // "::ffff:1.2.3.4" ends in the form of version 4 (RFC 4291 2.2).
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const plain = dotted ? `${dotted[1]}${pair(dotted[2], dotted[3])}:${pair(dotted[4], dotted[5])}` : address;
  const [left = "", right] = plain.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":").map((it) => Number.parseInt(it, 16)));
  const [before, after] = [groups(left), groups(right ?? "")];
  const words = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 255]));
}

const pair = (high = "0", low = "0") => (Number(high) * 256 + Number(low)).toString(16);

/** A range as text ("10.0.0.0/8", "fe80::/10"; an address alone is a range of one). Null for what is none. */
export interface IpRange {
  readonly network: Uint8Array;
  /** Leading bits that count. */
  readonly bits: number;
}

export function ipRange(text: string): IpRange | null {
  const [address = "", bits, ...more] = text.split("/");
  const network = ipBytes(address);
  if (network === null || more.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return null;
  const length = network.length * 8;
  const counted = bits === undefined ? length : Number(bits);
  return counted > length ? null : { network, bits: counted };
}

export function inRange(address: Uint8Array, { network, bits }: IpRange): boolean {
  if (address.length !== network.length) return false;
  return network.every((byte, at) => {
    const mask = maskByte(bits, at);
    return (byte & mask) === ((address[at] ?? 0) & mask);
  });
}

/** Byte `at` of the mask that goes with so many bits. */
const maskByte = (bits: number, at: number): number => (0xff00 >> Math.min(8, Math.max(0, bits - at * 8))) & 255;
