import { afterAll, expect, test } from "bun:test";
import fc from "fast-check";
import type { ChunkRange } from "../contract/upload.ts";
import { openTestBox } from "../forward/test-box.ts";
import { addRange, rangesWithin } from "./ranges.ts";
import { filesOf, insertFiles } from "./uploads.ts";

const box = openTestBox();
afterAll(() => box.close());

/** Runs of the numbers that are in any of the ranges. */
function merged(ranges: readonly ChunkRange[]): ChunkRange[] {
  const runs: ChunkRange[] = [];
  for (let chunk = 0; chunk <= 60; chunk++) {
    if (!ranges.some(([first, last]) => first <= chunk && chunk <= last)) continue;
    const run = runs.at(-1);
    if (run && run[1] === chunk - 1) run[1] = chunk;
    else runs.push([chunk, chunk]);
  }
  return runs;
}

test("ranges in any order, touching, overlapping or inside each other, are kept as what they are together", () => {
  const { db } = box;
  const upload = box.upload("receiving");
  let files = 0;
  const range = fc.tuple(fc.nat(40), fc.nat(12)).map(([first, more]): ChunkRange => [first, first + more]);
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), (ranges) => {
      files += 1;
      insertFiles(db.orm, upload, [{ fileId: `f${files}`, state: "needed" }]);
      const file = filesOf(db.orm, upload).at(-1)?.id ?? 0;
      db.transaction((tx) => {
        for (const [first, last] of ranges) addRange(tx, file, first, last);
      });
      expect(rangesWithin(db.orm, file, 0, 60)).toEqual(merged(ranges));
    }),
    { seed: 7, numRuns: 60 },
  );
});
