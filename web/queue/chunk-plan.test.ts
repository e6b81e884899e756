import { describe, expect, test } from "bun:test";
import type { ChunkRange } from "../../src/contract/upload.ts";
import { type ChunkPlan, type Piece, planChunks } from "./chunk-plan.ts";

const all = () => undefined;
function drain(plan: ChunkPlan, maxBytes: number): Piece[] {
  const pieces: Piece[] = [];
  for (let piece = plan.take(maxBytes); piece !== null; piece = plan.take(maxBytes)) pieces.push(piece);
  return pieces;
}

describe("the plan of what to send", () => {
  test.each([
    [[10_000], 4096, 4096],
    [[10_000, 0, 1, 4096, 4097], 4096, 8192],
    [[9_000_000], 4096, 8_388_608],
    [[100_000, 100_000], 4096, 1],
  ])("of files of %p bytes covers each byte once", (sizes, chunkSize, maxBytes) => {
    const plan = planChunks(sizes, chunkSize, all);
    const next = sizes.map(() => 0);
    for (const piece of drain(plan, maxBytes)) {
      expect(piece.offset).toBe(next[piece.file] ?? -1);
      expect(piece.offset).toBe(piece.firstChunk * chunkSize);
      expect(piece.bytes).toBeLessThanOrEqual(8_388_608);
      next[piece.file] = piece.offset + piece.bytes;
      plan.done(piece);
    }
    expect(next).toEqual(sizes);
    expect(plan.missingBytes).toBe(0);
  });

  test("sends only what the box lacks, in order", () => {
    const missing: ChunkRange[][] = [
      [
        [1, 1],
        [3, 3],
      ],
      [],
    ];
    const plan = planChunks([4096 * 3 + 5, 4096], 4096, (file) => missing[file]);
    expect(plan.missingBytes).toBe(4096 + 5);
    expect(drain(plan, 1_000_000).map(({ file, firstChunk, bytes }) => [file, firstChunk, bytes])).toEqual([
      [0, 1, 4096],
      [0, 3, 5],
    ]);
  });

  test("gives what failed out again first, and in smaller pieces where wanted", () => {
    const plan = planChunks([4096 * 8], 4096, all);
    const lost = plan.take(4096 * 4);
    if (lost === null) throw new Error("nothing to take");
    plan.giveBack(lost);
    expect(plan.missingBytes).toBe(4096 * 8);
    expect(drain(plan, 4096).map(({ firstChunk }) => firstChunk)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test("takes a short tail along", () => {
    expect(drain(planChunks([4096 * 5], 4096, all), 4096 * 4).map(({ chunks }) => chunks)).toEqual([5]);
  });
});
