import { expect, test } from "bun:test";
import fc from "fast-check";
import { wildcard, wildcardCovers, wildcardMatch } from "./wildcard.ts";

/** The same by the engine of regular expressions. */
const model = (pattern: string, text: string): boolean => {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s").test(text);
};
const short = fc.string({ unit: fc.constantFrom("a", "b", "?", "*", "."), maxLength: 7 });
const words = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 8 });

test("a pattern takes what a regular expression of it takes", () => {
  fc.assert(
    fc.property(short, words, (pattern, text) => {
      const expected = model(pattern, text);
      return wildcardMatch(pattern, text) === expected && wildcard(pattern)(text) === expected;
    }),
    { numRuns: 5000, seed: 7 },
  );
});

test("what covers another takes everything that the other takes", () => {
  let covered = 0;
  fc.assert(
    fc.property(short, short, fc.array(words, { minLength: 20, maxLength: 20 }), (wide, narrow, texts) => {
      if (!wildcardCovers(wide, narrow)) return true;
      const taken = texts.filter((text) => wildcardMatch(narrow, text));
      covered += taken.length;
      return taken.every((text) => wildcardMatch(wide, text));
    }),
    { numRuns: 3000, seed: 7 },
  );
  expect(covered).toBeGreaterThan(100);
});

test.each([
  ["ct*", "ct head*", true],
  ["*head*", "ct head", true],
  ["C?", "CT", true],
  ["C?", "C*", false],
  ["CT", "CT*", false],
  ["*", "", true],
])("%s covers %s: %p", (wide, narrow, expected) => {
  expect(wildcardCovers(wide, narrow)).toBe(expected);
});

test("a hostile pattern takes no longer", () => {
  expect(wildcardMatch(`${"*a".repeat(120)}b`, "a".repeat(10_000))).toBe(false);
});
