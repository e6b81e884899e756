import { afterEach, beforeEach, expect, test } from "bun:test";
import { queueHead, recoverDeliveries } from "../db/deliveries.ts";
import { forgetMoved } from "../study/moved-destinations.ts";
import { openTestBox, type TestBox } from "./test-box.ts";
import { FakeDestination, gate } from "./test-destination.ts";

let box: TestBox;
beforeEach(() => {
  box = openTestBox();
});
afterEach(() => box.close());
const fake = (id = "main") => box.add(new FakeDestination(id, () => box.changed()));
/** Which studies were sent, by the number the box gave them. */
const order = (destination: FakeDestination) => destination.stores.map((uids) => Number(uids[0]?.split(".")[2]));
const accept = (serviceLevel: "routine" | "stat" = "routine", destinationIds = ["main"]) => {
  box.advance(1);
  return box.accept({ serviceLevel, destinationIds, instances: 1 });
};

test("STAT first, then by age", async () => {
  const main = fake();
  accept("routine"); // 1
  const last = accept("routine"); // 2
  accept("stat"); // 3
  accept("stat"); // 4
  accept("stat"); // 5
  box.start();
  await box.until(() => box.delivery(last.deliveryId).state === "delivered");
  expect(order(main)).toEqual([3, 4, 5, 1, 2]);
});

test("STAT runs beside a routine attempt; a second routine one waits, and so does a second STAT behind both", async () => {
  const main = fake();
  const routine = gate();
  const stat = gate();
  main.scripts.push(routine.script, stat.script);
  const first = accept();
  const forwarder = box.start();
  await box.until(() => main.stores.length === 1);
  const second = accept();
  const urgent = accept("stat");
  const urgentToo = accept("stat");
  forwarder.wake();
  await box.until(() => main.stores.length === 2);
  expect(box.delivery(urgent.deliveryId).state).toBe("sending");
  stat.open();
  await box.until(() => box.delivery(urgentToo.deliveryId).state === "delivered");
  expect(box.delivery(first.deliveryId).state).toBe("sending");
  expect(box.delivery(second.deliveryId).state).toBe("pending");
  routine.open();
  await box.until(() => box.delivery(second.deliveryId).state === "delivered");
  expect(order(main)).toEqual([1, 3, 4, 2]);
});

test("as long as STAT runs no routine study begins, and one under way leaves the rest for later", async () => {
  const main = fake();
  const stat = gate();
  const half = Promise.withResolvers<void>();
  main.scripts.push(async (instances, report, _signal, pacs, mayGoOn) => {
    for (const [index, instance] of instances.entries()) {
      if (index === 1) await half.promise;
      if (mayGoOn?.() === false) return;
      report(pacs.take(instance));
    }
  }, stat.script);
  box.advance(1);
  const first = box.accept({ instances: 3 });
  const forwarder = box.start();
  await box.until(() => main.stores.length === 1);
  const second = accept();
  const urgent = accept("stat");
  forwarder.wake();
  await box.until(() => main.stores.length === 2);
  half.resolve();
  await box.until(() => box.delivery(first.deliveryId).state === "pending");
  expect(box.delivery(first.deliveryId)).toMatchObject({ deliveredInstances: 1, errorCode: null });
  expect(box.delivery(second.deliveryId).state).toBe("pending");
  stat.open();
  await box.until(() => box.delivery(second.deliveryId).state === "delivered");
  expect(box.delivery(urgent.deliveryId).state).toBe("delivered");
  // What had arrived does not go again: the fake would not take it twice.
  expect(main.stores.map((uids) => uids.length)).toEqual([3, 1, 2, 1]);
  expect(order(main)).toEqual([1, 3, 1, 2]);
});

test("a STAT study whose destination moves while it is sent goes to the new place once its old attempt is over", async () => {
  const old = fake();
  const unwound = Promise.withResolvers<void>();
  old.scripts.push(async (instances, report, signal, pacs) => {
    const gone = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => gone.resolve());
    await gone.promise;
    box.changed();
    await unwound.promise; // a socket or disk that takes its time
    for (const instance of instances) report(pacs.take(instance));
  });
  forgetMoved(box.db, box.config);
  const { deliveryId } = accept("stat");
  const forwarder = box.start();
  await box.until(() => old.stores.length === 1);
  box.remove("main");
  const next = box.add(new FakeDestination("main", () => box.changed()), { path: "elsewhere" });
  const cut: unknown[] = [];
  const held = gate();
  next.scripts.push((instances, report, signal, pacs) => {
    signal.addEventListener("abort", () => cut.push(signal.reason));
    return held.script(instances, report, signal, pacs);
  });
  forgetMoved(box.db, box.config);
  forwarder.wake();
  const other = accept("stat");
  forwarder.wake();
  await box.until(() => box.delivery(other.deliveryId).state === "sending" || next.stores.length > 0);
  unwound.resolve();
  await box.until(() => box.named("delivery.started").length === 3);
  held.open();
  await box.until(() => [deliveryId, other.deliveryId].every((id) => box.delivery(id).state === "delivered"));
  expect({ cut, attempts: box.delivery(deliveryId).attempts }).toEqual({ cut: [], attempts: 2 });
  expect(next.held.size).toBe(2);
});

test("a black hole blocks no other lane", async () => {
  const hole = gate();
  fake("hole").scripts.push(hole.script);
  fake("a");
  fake("b");
  const studies = Array.from({ length: 10 }, () => accept("routine", ["hole", "a", "b"]));
  box.start();
  const rest = () => studies.flatMap(({ deliveryIds }) => deliveryIds.slice(1));
  await box.until(() => rest().every((id) => box.delivery(id).state === "delivered"));
  const stuck: string[] = studies.map(({ deliveryIds }) => box.delivery(deliveryIds[0] ?? "").state);
  expect(stuck).toEqual(["sending", ...Array.from({ length: 9 }, () => "pending")]);
  expect(box.uploadRow(studies[0]?.uploadId ?? "").state).toBe("forwarding");
  hole.open();
  await box.until(() => studies.every(({ uploadId }) => box.uploadRow(uploadId).state === "delivered"));
});

test("the queue is read through its index, without a sort, also with 1000 deliveries waiting", () => {
  const destinationIds = [..."abcdefghij"];
  for (let n = 0; n < 100; n++) box.accept({ instances: 1, destinationIds });
  const plan = (sql: string, parameters: readonly unknown[]) =>
    box.db.sqlite
      .query<{ detail: string }, string[]>(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...parameters.map(String))
      .map((row) => row.detail)
      .join("\n");
  for (const state of ["pending", "retrying"] as const) {
    const filter = { destinationId: "a", now: box.now().box, statOnly: false };
    const { sql, params } = queueHead(box.db.orm, state, filter).toSQL();
    expect(plan(sql, params)).toBe("SEARCH delivery USING INDEX delivery_queue (state=? AND destination_id=?)");
  }
  box.db.sqlite.run("UPDATE delivery SET state = 'sending'");
  const recover = "UPDATE delivery SET state = 'pending' WHERE state IN ('sending', 'waiting')";
  expect(plan(recover, [])).toContain("USING INDEX delivery_queue (state=?)");
  expect(recoverDeliveries(box.db.orm, box.now())).toBe(1000);
});
