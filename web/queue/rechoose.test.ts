import { expect, test } from "bun:test";
import { match } from "./rechoose.ts";

const file = (name: string, size: number, sha256: string) => ({ name, size, sha256 });

test("a lost file is known by its bytes, whatever it is called now", () => {
  const lost = [file("CD/IM1", 10, "aa"), file("CD/IM2", 10, "bb"), file("CD/IM3", 12, "cc")];
  expect(match(lost, [file("copy-of-2", 10, "bb"), file("IM3", 12, "changed"), file("x", 10, "aa")])).toEqual([
    2,
    0,
    null,
  ]);
});

test("without a hash, name and size must do; the same file twice serves both", () => {
  expect(match([file("CD/IM1", 10, ""), file("CD/IM2", 10, "")], [file("USB/IM1", 10, "aa")])).toEqual([0, null]);
  expect(match([file("a", 10, "aa"), file("b", 10, "aa")], [file("c", 10, "aa")])).toEqual([0, 0]);
});
