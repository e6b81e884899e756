import { createHmac } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { UploadInit } from "../contract/upload.ts";

/** The keyed hash of `canonical(body)`; a long list takes several turns. */
export async function hashOf(hashKey: Uint8Array, body: UploadInit): Promise<string> {
  const hash = createHmac("sha256", hashKey);
  let before = "{";
  for (const [name, member] of sortedEntries(body)) {
    hash.update(`${before}${JSON.stringify(name)}:`);
    before = ",";
    if (!Array.isArray(member)) hash.update(canonical(member));
    else {
      for (let start = 0; start < member.length; start += 4000) {
        await setImmediate();
        hash.update(
          (start === 0 ? "[" : ",") +
            member
              .slice(start, start + 4000)
              .map(canonical)
              .join(),
        );
      }
      hash.update(member.length === 0 ? "[]" : "]");
    }
  }
  return hash.update("}").digest("base64url"); // no body is empty
}

const sortedEntries = (value: object) => Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));

/** The same for the same content, whatever the order of keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = sortedEntries(value);
  return `{${entries.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`;
}
