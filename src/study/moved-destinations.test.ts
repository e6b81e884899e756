import { afterAll, beforeAll, expect, test } from "bun:test";
import { deliveredObjects } from "../db/delivered.ts";
import { folderConfig, openTestBox } from "../forward/test-box.ts";
import { FakeDestination, unreachable } from "../forward/test-destination.ts";
import { forgetMoved } from "./moved-destinations.ts";

let box: ReturnType<typeof openTestBox>;
beforeAll(() => {
  box = openTestBox();
});
afterAll(() => box.close());

test("an id that leads elsewhere has confirmed nothing there; another's confirmations and a restart change nothing", () => {
  const here = [folderConfig("a", { path: "one" }), folderConfig("b", { path: "two" })];
  forgetMoved(box.db, { destination: here });
  for (const id of ["a", "b"])
    box.db.sqlite.run("INSERT INTO delivered_object VALUES ('k', ?, 'r', '1.2', '[]', 0, '1.2.1', '1.2.1.1')", [id]);
  const known = () => deliveredObjects(box.db.orm, ["k"]).map(({ destinationId }) => destinationId);
  forgetMoved(box.db, { destination: here });
  expect(known().sort()).toEqual(["a", "b"]);
  forgetMoved(box.db, { destination: [folderConfig("a", { path: "elsewhere" }), folderConfig("b", { path: "two" })] });
  expect(known()).toEqual(["b"]);
});

test.each(["fails", "is under way"])(
  "an archive that takes the place of another one gets the whole study, also where an attempt %s",
  async (how) => {
    const id = `main, ${how}`;
    const place = (path: string) => forgetMoved(box.db, { destination: [folderConfig(id, { path })] });
    place("old");
    const old = box.add(new FakeDestination(id, () => box.changed()));
    old.scripts.push(async ([first], report, signal, fake) => {
      if (first) report({ ...fake.take(first), verified: true });
      if (how === "fails") throw unreachable();
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    const study = box.accept({ destinationIds: [id] });
    const forwarder = box.start();
    const wanted = how === "fails" ? "retrying" : "sending";
    const { deliveryId } = study;
    await box.until(
      () => box.delivery(deliveryId).state === wanted && box.delivery(deliveryId).deliveredInstances === 1,
    );
    box.remove(id);
    const fresh = box.add(new FakeDestination(id, () => box.changed()));
    place("new");
    box.advance(10_000);
    forwarder.wake();
    await box.until(() => box.uploadRow(study.uploadId).state === "delivered");
    expect([old.held.size, fresh.held.size]).toEqual([1, 3]);
    expect(box.delivery(deliveryId)).toMatchObject({ state: "delivered", deliveredInstances: 3, totalInstances: 3 });
    await forwarder.stop();
  },
);
