import { expect, test } from "bun:test";
import { initials } from "./format.ts";
import { isUnattended, lockAfterMs } from "./lock.ts";

test.each([
  [0, false],
  [lockAfterMs - 1, false],
  [lockAfterMs, true],
  [86_400_000, true],
  [-1, true], // the clock was set back
])("%p ms after the last touch it stands unattended: %p", (after, unattended) => {
  expect(isUnattended(1_700_000_000_000, 1_700_000_000_000 + after)).toBe(unattended);
});

test.each([
  ["MUSTER, ERIKA", "M. E."],
  ["Ås-Berg, Liv Maria", "Å. L. M."],
  ["Yamada, Tarou · 山田, 太郎", "Y. T."],
  ["𠮷田", "𠮷."],
  ["", ""],
])("of %p only %p is shown on a shared device", (words, short) => {
  expect(initials(words)).toBe(short);
});
