import { createHmac } from "node:crypto";

/** A hash that gives nothing away without the box's key: of a file's hash, of a request. Hex. */
export const keyedHash = (key: Uint8Array, ...parts: readonly string[]): string =>
  createHmac("sha256", key).update(parts.join("\u0000")).digest("hex");
