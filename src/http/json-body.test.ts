import { expect, test } from "bun:test";
import { depthOf } from "./json-body.ts";

test.each([
  ["1", 0],
  ["{}", 1],
  ['{"a":[{"b":1}],"c":{}}', 3],
  ['["[[[", "\\"[[", "\\\\"]', 1],
  ["[".repeat(1_000_000), 1_000_000],
  ["]]]]", 0],
])("the depth of %.30s", (json, depth) => {
  expect(depthOf(json)).toBe(depth);
});
