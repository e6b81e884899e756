import { expect, test } from "bun:test";
import { jsonOf, mapInPortions } from "./portions.ts";

const files = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `IM${index}`, size: index }));

test.each([0, 1, 500, 501, 1000, 2001])("%p files become what JSON.stringify makes of them", async (count) => {
  const whole = { before: 'a "files":[] b', files: files(count), behind: { expected: ["$&"] } };
  expect(await jsonOf(whole)).toBe(JSON.stringify(whole));
});
test("without files it is JSON as well", async () => expect(await jsonOf({})).toBe("{}"));
test("a list is made as `map` makes it", async () => {
  const numbers = files(1001).map(({ size }) => size);
  expect(await mapInPortions(numbers, (number, index) => number * 2 + index)).toEqual(numbers.map((one) => one * 3));
});

const works: [string, () => Promise<unknown>][] = [
  ["JSON", () => jsonOf({ files: files(10_000) })],
  ["a list", () => mapInPortions(files(10_000), ({ name }) => name)],
];
test.each(works)("others have their turn between the portions of ten thousand files: %s", async (_, work) => {
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 0);
  await work();
  clearInterval(timer);
  expect(turns).toBeGreaterThan(3);
});
