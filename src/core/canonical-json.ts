/**
 * One text for one value, whatever order its keys came in (RFC 8785, for texts, whole numbers, booleans, null, lists and objects).
 * @throws TypeError where the value holds anything else
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    // RFC 8785 3.2.3: keys by their UTF-16 code units, as JavaScript sorts.
    const members = Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson((value as Record<string, unknown>)[key])}`);
    return `{${members.join(",")}}`;
  }
  if (value === null || typeof value === "string" || typeof value === "boolean" || Number.isSafeInteger(value))
    return JSON.stringify(value);
  throw new TypeError("not a value that can be signed");
}
