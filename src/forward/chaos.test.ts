import { afterEach, beforeEach, expect, test } from "bun:test";
import { openTestBox, type TestBox } from "./test-box.ts";
import { FakeDestination, later, refused, type StoreScript, unreachable } from "./test-destination.ts";

let box: TestBox;
beforeEach(() => {
  box = openTestBox();
});
afterEach(() => box.close());

/** mulberry32: the same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Per instance: stored, stored but the answer lost, for now refused, for good refused, the connection lost. */
const mishaps =
  (random: () => number): StoreScript =>
  async (instances, report, signal, fake) => {
    for (const instance of instances) {
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      const dice = random();
      if (dice < 0.8) report(fake.take(instance));
      else if (dice < 0.86) fake.take(instance);
      else if (dice < 0.92) report({ ...later, sopInstanceUID: instance.sopInstanceUID });
      else if (dice < 0.94) report({ ...refused, sopInstanceUID: instance.sopInstanceUID });
      else throw unreachable("destination_timeout");
    }
  };

test.each([1, 2, 3])(
  "mixed mishaps and restarts, seed %d: once at the PACS, delivered or parked with the reason",
  async (seed) => {
    const random = seeded(seed);
    const fakes = ["main", "second"].map((id) => box.add(new FakeDestination(id, () => box.changed())));
    for (const fake of fakes) for (let n = 0; n < 40; n++) fake.scripts.push(mishaps(random));
    const studies = Array.from({ length: 12 }, (_, n) =>
      box.accept({ instances: 4, destinationIds: ["main", "second"], serviceLevel: n % 4 === 0 ? "stat" : "routine" }),
    );
    const rows = () => studies.flatMap(({ uploadId }) => box.deliveries(uploadId));
    let forwarder = box.start({ stopGraceMs: 1 });
    while (!rows().every(({ state }) => state === "delivered" || state === "parked")) {
      box.advance(500);
      forwarder.wake();
      await new Promise((resolve) => setImmediate(resolve));
      if (random() > 0.03) continue;
      await forwarder.stop();
      if (random() < 0.5)
        box.db.sqlite.run("UPDATE delivery SET state = 'sending' WHERE state = 'pending' AND attempts > 0");
      forwarder = box.start({ stopGraceMs: 1 });
    }
    await forwarder.stop();
    const stored = box.db.sqlite
      .query<{ id: string; uid: string; at: string }, []>(
        "SELECT delivery_id AS id, sop_instance_uid AS uid, o.destination_id AS at FROM delivery_instance o JOIN instance i ON i.id = o.instance_id WHERE result = 'stored'",
      )
      .all();
    for (const { uid, at } of stored) expect(fakes.find(({ id }) => id === at)?.held.has(uid)).toBe(true);
    for (const row of rows()) {
      expect(row.deliveredInstances).toBe(stored.filter(({ id }) => id === row.id).length);
      if (row.state === "delivered") expect(row.deliveredInstances).toBe(4);
      else expect(row.errorCode).toBe("instance_refused");
    }
    expect(rows().filter(({ state }) => state === "delivered").length).toBeGreaterThan(6);
    // The stand-in throws where an instance comes twice; that would show as an error of the box.
    expect(box.events.filter(({ fields }) => fields.code === "internal_error")).toEqual([]);
  },
  60_000,
);
