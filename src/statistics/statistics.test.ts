import { afterEach, beforeEach, expect, test } from "bun:test";
import { updateUpload } from "../db/uploads.ts";
import { openTestBox, type TestBox } from "../forward/test-box.ts";
import { createStatistics } from "./statistics.ts";

let box: TestBox;
beforeEach(() => {
  box = openTestBox();
});
afterEach(() => box.close());

const day = 24 * 3_600_000;
const opened = (state: "receiving" | "delivered", createdAt: number) =>
  updateUpload(box.db.orm, box.upload(state), { createdAt });

test("what is opened in a day that was kept while the clock was ahead is counted once it is set right", async () => {
  const today = new Date(2026, 4, 4, 12).getTime();
  opened("delivered", today);
  const statistics = createStatistics({ db: box.db.orm, site: () => "" });
  const uploads = async (now: number) => (await statistics.between(today, today + 3 * day, "day", now)).steps;
  const counts = async (now: number) => (await uploads(now)).map((it) => it.uploads);
  expect(await counts(today + 3 * day)).toEqual([1, 0, 0, 0]);
  opened("delivered", today + 1000);
  opened("receiving", today + day);
  expect(await counts(today + day)).toEqual([2, 1]);
  expect(await counts(today + 2 * day)).toEqual([2, 1, 0]);
});
