import { expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { runningHash } from "./running-hash.ts";

test.each([0, 1, 63, 64, 262_144, 700_001])("%d bytes in uneven parts hash as the whole does", (size) => {
  const bytes = randomBytes(size);
  const running = runningHash();
  for (let at = 0; at < size; at += 9973) running.update(bytes.subarray(at, at + 9973));
  expect(running.hex()).toBe(createHash("sha256").update(bytes).digest("hex"));
});
