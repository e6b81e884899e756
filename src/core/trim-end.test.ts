import { expect, test } from "bun:test";
import { trimEnd, withoutPadding } from "./trim-end.ts";

test.each([
  ["1.2\0", "1.2"],
  ["A B \0 ", "A B"],
  [" A", " A"],
  [" \0", ""],
  ["", ""],
])("%j without its padding is %j", (padded, text) => expect(withoutPadding(padded)).toBe(text));

test("other characters", () => expect(trimEnd("/a//b//", "/")).toBe("/a//b"));

// A pattern would take hours for it.
test("a million spaces before the last letter", () => {
  const text = `${" ".repeat(1_000_000)}x`;
  expect(withoutPadding(text)).toHaveLength(1_000_001);
});
