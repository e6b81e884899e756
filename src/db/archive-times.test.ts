import { afterEach, beforeEach, expect, test } from "bun:test";
import { openTestBox, type TestBox } from "../forward/test-box.ts";
import { FakeDestination } from "../forward/test-destination.ts";
import { archiveTimes } from "./archive-times.ts";

let box: TestBox;
beforeEach(() => {
  box = openTestBox();
});
afterEach(() => box.close());

test("time to archive per service level, from complete to the confirmation, whatever the clock is set to", async () => {
  box.add(new FakeDestination("main", () => box.changed()));
  const from = box.now().wall;
  const studies = ([1000, 3000] as const).map((ms) => {
    const stat = box.accept({ serviceLevel: "stat" });
    box.advance(ms);
    return [stat, box.accept()];
  });
  box.setClockBy(-3_600_000);
  box.start();
  const all = studies.flat();
  await box.until(() => all.every(({ deliveryId }) => box.delivery(deliveryId).state === "delivered"));
  const span = { from: from - 4_000_000, to: box.now().wall + 1 };
  expect(archiveTimes(box.db.orm, span)).toEqual([
    { serviceLevel: "stat", deliveries: 2, median: 3000, p95: 4000, longest: 4000 },
    { serviceLevel: "routine", deliveries: 2, median: 0, p95: 3000, longest: 3000 },
  ]);
  expect(archiveTimes(box.db.orm, { ...span, to: span.from })).toEqual([]);
  const told = box.named("delivery.finished").map(({ fields }) => [fields.service_level, fields.duration_ms]);
  expect(told).toContainEqual(["stat", 4000]);
});
