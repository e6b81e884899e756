import { expect, test } from "bun:test";
import { release } from "./release.ts";

test("a released buffer holds nothing, and may be released again", () => {
  const bytes = new Uint8Array(1000);
  release(bytes.buffer);
  expect(bytes.length).toBe(0);
  release(bytes.buffer);
});
