import { expect, test } from "bun:test";
import { groupVolumes, volumeNames } from "./volumes.ts";

const group = (...names: string[]) => {
  const { sets, strays, others } = groupVolumes(names.map((name) => ({ name })));
  return {
    sets: sets.map(({ first, volumes }) => [first.name, ...volumes.map(({ name }) => name)]),
    strays: strays.map(({ name }) => name),
    others: others.map(({ name }) => name),
  };
};

test("parts of both RAR schemes and of a split 7z become sets, in order, whatever order they came in", () => {
  expect(group("a/x.part2.rar", "a/x.PART1.rar", "a/x.part10.rar").strays).toHaveLength(3);
  expect(group("a/x.part02.rar", "a/x.PART01.rar", "b/x.part01.rar")).toEqual({
    sets: [["a/x.PART01.rar", "a/x.part02.rar"]],
    strays: [],
    others: ["b/x.part01.rar"],
  });
  expect(group("x.r01", "x.rar", "x.r00").sets).toEqual([["x.rar", "x.r00", "x.r01"]]);
  expect(group("x.7z.002", "x.7z.001").sets).toEqual([["x.7z.001", "x.7z.002"]]);
});

test("r99 is followed by s00", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => `x.r${String(index).padStart(2, "0")}`);
  expect(group("x.s00", ...hundred, "x.rar").sets[0]?.slice(-2)).toEqual(["x.r99", "x.s00"]);
});

test("what may be any file is no stray; what is named like a volume only is one", () => {
  const loose = group("IM.s01", "IM.r07", "study.rar", "x.dcm");
  expect(loose.others.toSorted()).toEqual(["IM.r07", "IM.s01", "study.rar", "x.dcm"]);
  expect([...loose.sets, ...loose.strays]).toEqual([]);
  expect(group("x.part2.rar", "y.7z.002").strays).toEqual(["x.part2.rar", "y.7z.002"]);
});

test("the volumes lie under the names of both schemes", () => {
  expect(volumeNames(3, false)).toEqual([
    ["set.part00001.rar"],
    ["set.part00002.rar", "set.part00001.r00"],
    ["set.part00003.rar", "set.part00001.r01"],
  ]);
  expect(volumeNames(2, true)).toEqual([["set.7z.001"], ["set.7z.002"]]);
  expect(volumeNames(102, false).at(-1)).toContain("set.part00001.s00");
});
