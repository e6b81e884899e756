import { expect, test } from "bun:test";
import { editDistance, nearest } from "./nearest.ts";

test.each([
  ["", "", 0],
  ["kitten", "sitting", 3],
  ["listen", "lissten", 1],
  ["abc", "", 3],
])("from %s to %s it takes %d", (a, b, distance) => expect(editDistance(a, b)).toBe(distance));

test("the closest known word, or none", () => {
  expect(nearest("max_fils", ["max_files", "max_file_bytes"])).toBe("max_files");
  expect(nearest("bad", ["id", "kind"])).toBeNull();
  expect(nearest("zzzzzz", ["listen", "tls"])).toBeNull();
});
