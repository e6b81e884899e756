import { afterAll, beforeAll, expect, test } from "bun:test";
import { nothingLearnt } from "../destinations/capability.ts";
import { folderConfig, openTestBox } from "../forward/test-box.ts";
import { capabilitiesIn } from "./capabilities.ts";
import { forgetMoved } from "./moved-destinations.ts";

let box: ReturnType<typeof openTestBox>;
beforeAll(() => {
  box = openTestBox();
});
afterAll(() => box.close());

test("what was learnt of an archive is kept for it, and not for another one under the same id", () => {
  const here = folderConfig("a", { path: "one" });
  const there = folderConfig("a", { path: "two" });
  const keeper = () => capabilitiesIn(box.db);
  expect(keeper()(here).known()).toEqual(nothingLearnt);
  keeper()(here).learn({ refusedBytes: 100 });
  keeper()(here).learn({ queries: true });
  expect(keeper()(here).known()).toEqual({ ...nothingLearnt, refusedBytes: 100, queries: true });
  expect(keeper()(there).known()).toEqual(nothingLearnt);
  // Not before the box knows that it moved: what the old place confirmed is to be forgotten with it.
  keeper()(there).learn({ queries: false });
  expect(keeper()(here).known().queries).toBe(true);
  forgetMoved(box.db, { destination: [there] });
  expect(keeper()(there).known()).toEqual(nothingLearnt);
  keeper()(there).learn({ queries: false });
  expect(keeper()(there).known().queries).toBe(false);
});
