import { expect, test } from "bun:test";
import { linesOf } from "./lines.ts";

test("a line is told once it is whole, however it comes in pieces; the last one needs no end", async () => {
  const bytes = new TextEncoder().encode("grün\nzwei\n\ndrei");
  const pieces = [bytes.subarray(0, 3), bytes.subarray(3, 7), bytes.subarray(7)];
  const told: string[] = [];
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const piece = pieces.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
  });
  const text = await linesOf(new Response(body), (line) => told.push(line));
  expect(told).toEqual(["grün", "zwei", "drei"]);
  expect(text).toBe("grün\nzwei\n\ndrei");
  expect(await linesOf(new Response(null), () => told.push("none"))).toBe("");
  expect(told).toHaveLength(3);
});
