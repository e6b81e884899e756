import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { BlockReader } from "./block-reader.ts";

test("reads what lies there, within a block, over its edge, at the end and alone", async () => {
  const bytes = randomBytes(1_300_000);
  const reader = new BlockReader(new Blob([bytes]));
  for (const [offset, length] of [
    [0, 10],
    [524_280, 8],
    [524_280, 9],
    [524_288, 100],
    [1_299_990, 100],
    [1_300_000, 5],
  ] as const)
    for (const near of [true, false])
      expect(Buffer.from(await reader.read(offset, length, near))).toEqual(bytes.subarray(offset, offset + length));
});
