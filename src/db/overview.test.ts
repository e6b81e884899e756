import { afterEach, beforeEach, expect, test } from "bun:test";
import { openTestBox, type TestBox } from "../forward/test-box.ts";
import { FakeDestination } from "../forward/test-destination.ts";
import { destinationTallies, newestArrival } from "./overview.ts";

let box: TestBox;
beforeEach(() => {
  box = openTestBox();
});
afterEach(() => box.close());

test("each destination's own: what waits there, and when something last arrived", async () => {
  box.add(new FakeDestination("main", () => box.changed()));
  const first = box.accept();
  box.start();
  await box.until(() => box.delivery(first.deliveryId).state === "delivered");
  box.advance(1000);
  const last = box.accept();
  await box.until(() => box.delivery(last.deliveryId).state === "delivered");
  const { updatedAt } = box.delivery(last.deliveryId);
  expect(updatedAt).toBeGreaterThan(box.delivery(first.deliveryId).updatedAt);
  const tallies = destinationTallies(box.db.orm);
  expect(tallies.of("main")).toEqual({ waiting: 0, parked: 0, lastDeliveredAt: updatedAt });
  expect(tallies.of("other")).toEqual({ waiting: 0, parked: 0, lastDeliveredAt: null });
});

test("the newest arrival is read at the end of its index, however many there were", () => {
  const { sql, params } = newestArrival(box.db.orm, "main").toSQL();
  const plan = box.db.sqlite
    .query<{ detail: string }, string[]>(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...params.map(String));
  expect(plan.map(({ detail }) => detail)).toEqual([
    "SEARCH delivery USING COVERING INDEX delivery_arrived (destination_id=?)",
  ]);
});
