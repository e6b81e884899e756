import { createHmac } from "node:crypto";

/**
 * A UID that the same key and parts always give, so that work done again names the same object.
 * @param root "2.25" (PS3.5 B.2: a UUID as a decimal number) or a site's own root of at most 24 characters
 * @returns at most 64 characters, no component with a leading zero (PS3.5 9.1)
 * @throws RangeError for a root that is none
 */
export function stableUid(root: string, key: Uint8Array, ...parts: readonly string[]): string {
  if (!/^[012](?:\.(?:0|[1-9]\d*))+$/.test(root) || root.length > 24) throw new RangeError("not a root for UIDs");
  const hash = createHmac("sha256", key);
  // Each part with its length in front: ("ab", "c") is not ("a", "bc").
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  const uuid = hash.digest().subarray(0, 16);
  // RFC 9562 5.8: version 8, made by a rule of one's own; 4.1: the variant.
  uuid[6] = ((uuid[6] ?? 0) & 0x0f) | 0x80;
  uuid[8] = ((uuid[8] ?? 0) & 0x3f) | 0x80;
  return `${root}.${BigInt(`0x${uuid.toString("hex")}`)}`;
}
