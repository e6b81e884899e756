import { afterEach, beforeEach, expect, test } from "bun:test";
import { openTestBox, type TestBox } from "../forward/test-box.ts";
import { FakeDestination } from "../forward/test-destination.ts";
import { archiveTime } from "./archive-times.ts";

let box: TestBox;
beforeEach(() => {
  box = openTestBox();
});
afterEach(() => box.close());

test("time to archive per service level, from complete to the confirmation, whatever the clock is set to", async () => {
  box.add(new FakeDestination("main", () => box.changed()));
  const studies = ([1000, 3000] as const).map((ms) => {
    const stat = box.accept({ serviceLevel: "stat" });
    box.advance(ms);
    return [stat, box.accept()];
  });
  box.setClockBy(-3_600_000);
  box.start();
  const all = studies.flat();
  await box.until(() => all.every(({ deliveryId }) => box.delivery(deliveryId).state === "delivered"));
  expect(all.map(({ deliveryId }) => archiveTime(box.db.orm, deliveryId))).toMatchObject([
    { serviceLevel: "stat", ms: 4000 },
    { serviceLevel: "routine", ms: 3000 },
    { serviceLevel: "stat", ms: 3000 },
    { serviceLevel: "routine", ms: 0 },
  ]);
  const told = box.named("delivery.finished").map(({ fields }) => [fields.service_level, fields.duration_ms]);
  expect(told).toContainEqual(["stat", 4000]);
});
