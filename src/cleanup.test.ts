import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { startCleanup } from "./cleanup.ts";
import type { Config } from "./core/config-schema.ts";
import { createLive } from "./core/live.ts";
import { endedNow, findUpload, updateUpload } from "./db/uploads.ts";
import { openTestBox } from "./forward/test-box.ts";
import { FakeDestination, gate } from "./forward/test-destination.ts";
import { reconcileSpool } from "./upload/reconcile.ts";
import { createSpool, type Spool } from "./upload/spool.ts";

let box: ReturnType<typeof openTestBox>;
beforeAll(() => {
  box = openTestBox();
});
afterAll(() => box.close());

const forgetInCopies = () => undefined;

/** A spool in which one folder cannot be removed, as below a mount point or on a disk with faults. */
function scene(stuck: string) {
  const real = createSpool(box.folder, () => 0);
  const events: string[] = [];
  const spool: Spool = {
    ...real,
    layBallast: async () => undefined,
    remove: (id) =>
      id === stuck ? Promise.reject(Object.assign(new Error("busy"), { code: "EBUSY" })) : real.remove(id),
  };
  const log = { event: (name: string) => void events.push(name) };
  const config = () => ({ retention: box.config.retention }) as Config;
  return {
    real,
    events,
    deps: {
      db: box.db,
      spool,
      config,
      live: createLive(),
      log,
      now: box.now,
      endUpload: box.start().end,
      forgetInCopies,
    },
  };
}

test("a folder that cannot be removed keeps no other from being purged", async () => {
  const [stuck, other] = [box.upload("delivered"), box.upload("delivered")];
  const { real, events, deps } = scene(stuck);
  for (const id of [stuck, other]) {
    real.create(id);
    updateUpload(box.db.orm, id, endedNow(box.now()));
  }
  const purged = new Promise<void>((resolve) => deps.live.listen(other, resolve));
  const cleanup = startCleanup(deps);
  await purged;
  await cleanup.stop();
  expect(existsSync(real.folder(other))).toBe(false);
  expect(findUpload(box.db.orm, other)?.filesRemovedAt).toBe(box.now().wall);
  expect(findUpload(box.db.orm, stuck)?.filesRemovedAt).toBeNull();
  expect(events).toEqual(["spool.not_removed", "upload.purged"]);
});

test("nor the box from starting", async () => {
  const [stuck, orphan] = [crypto.randomUUID(), crypto.randomUUID()];
  const { real, events, deps } = scene(stuck);
  for (const id of [stuck, orphan]) real.create(id);
  await reconcileSpool(deps);
  expect(existsSync(real.folder(orphan))).toBe(false);
  expect(events.toSorted()).toEqual(["spool.not_removed", "spool.orphan_removed"]);
});

test("a confirmed object is forgotten after 400 days, not before", async () => {
  const { deps } = scene("");
  const day = 24 * 3_600_000;
  for (const [objectKey, days] of [
    ["old", 401],
    ["young", 399],
  ] as const)
    box.db.sqlite.run("INSERT INTO delivered_object VALUES (?, 'a', 'r', '1.2', '[]', ?, '1.2.1', '1.2.1.1')", [
      objectKey,
      box.now().wall - days * day,
    ]);
  const cleanup = startCleanup(deps);
  const kept = () => box.db.sqlite.query("SELECT object_key AS key FROM delivered_object").all();
  while (kept().length > 1) await new Promise((resolve) => setImmediate(resolve));
  await cleanup.stop();
  expect(kept()).toEqual([{ key: "young" }]);
});

test("an upload nobody confirmed ends with its studies under way: expired, or partial where something arrived", async () => {
  const { deps } = scene("");
  const main = box.add(new FakeDestination("main", () => box.changed()));
  main.scripts.push(gate().script, gate().script);
  const uploads = [box.upload(), box.upload()] as const;
  const [stuck, arrived] = uploads.map((uploadId) => {
    box.accept({ uploadId, decision: "needs_confirmation" });
    return box.accept({ uploadId, destinationIds: ["main"] });
  });
  const forwarder = box.start();
  await box.until(() => main.stores.length === 1);
  box.advance(720 * 3_600_000 + 1);
  const ended = Promise.all(uploads.map((id) => new Promise<void>((resolve) => deps.live.listen(id, () => resolve()))));
  box.db.sqlite.run(
    "INSERT INTO delivery_instance (delivery_id, instance_id, result, answer, verified_by, destination_id, at) " +
      "SELECT ?, id, 'stored', '0000', 'query', 'main', 0 FROM instance WHERE study_id = ? LIMIT 1",
    [arrived?.deliveryId ?? "", arrived?.studyId ?? ""],
  );
  const cleanup = startCleanup({ ...deps, endUpload: forwarder.end });
  await ended;
  await cleanup.stop();
  expect(uploads.map((id) => box.uploadRow(id).state)).toEqual(["expired", "partial"]);
  for (const it of [stuck, arrived]) expect(box.delivery(it?.deliveryId ?? "").state).toBe("cancelled");
  expect(box.uploadRow(uploads[1]).receiptId).not.toBeNull();
  expect(box.uploadRow(uploads[0]).errorCode).toBe("upload_expired");
});

const hour = 3_600_000;

/** Retention over a box that has everything retention judges: unfinished, unconfirmed, parked, ended. */
function retentionScene() {
  const box = openTestBox();
  const unfinished = box.upload("receiving");
  const unconfirmed = box.accept({ decision: "needs_confirmation" }).uploadId;
  const parked = box.accept({ destinationIds: [] }).uploadId;
  const ended = box.upload("delivered");
  updateUpload(box.db.orm, ended, { ...endedNow(box.now()), metadata: { patient_name: "DOE^JANE" } });
  const all = [unfinished, unconfirmed, parked, ended];
  for (const id of all) updateUpload(box.db.orm, id, { filesRemovedAt: 1 });
  let roundDone = () => {};
  const cleanup = startCleanup({
    db: box.db,
    spool: { ...createSpool(box.folder, () => 0), layBallast: async () => roundDone() },
    config: () => ({ retention: box.config.retention }) as Config,
    live: createLive(),
    log: { event: () => undefined },
    now: box.now,
    endUpload: box.start().end,
    forgetInCopies,
  });
  return {
    box,
    states: (): string[] => [unfinished, unconfirmed, parked].map((id) => box.uploadRow(id).state),
    shown: () => findUpload(box.db.orm, ended)?.metadata?.patient_name,
    /** Two rounds: the one under way may have begun before. */
    round: async () => {
      for (let n = 0; n < 2; n++) {
        const done = new Promise<void>((resolve) => {
          roundDone = resolve;
        });
        cleanup.wake();
        await done;
      }
    },
    close: async () => {
      await cleanup.stop();
      await box.close();
    },
  };
}

test.each([400 * 24 * hour, -400 * 24 * hour, 25 * hour, -25 * hour])(
  "a wall clock that is set by %d ms ends nothing early, and keeps nothing longer",
  async (jump) => {
    const { box, states, shown, round, close } = retentionScene();
    const untouched = ["receiving", "needs_confirmation", "needs_attention"];
    box.setClockBy(jump);
    await round();
    expect([states(), shown()]).toEqual([untouched, "DOE^JANE"]);
    box.advance(24 * hour);
    await round();
    expect([states(), shown()]).toEqual([untouched, "DOE^JANE"]);
    box.advance(1);
    await round();
    expect([states(), shown()]).toEqual([["expired", ...untouched.slice(1)], undefined]);
    box.setClockBy(-jump);
    box.advance(696 * hour);
    await round();
    expect(states()).toEqual(["expired", "expired", "failed"]);
    await close();
  },
);

test("how long the box has been running is on record with the rounds", async () => {
  const { box, round, close } = retentionScene();
  const saved = () => box.db.sqlite.query("SELECT box, wall FROM box_clock").get() as unknown;
  box.advance(hour);
  await round();
  expect(saved()).toEqual(box.now());
  await close();
});

test("also where every round fails: a kill would take the rest, and retries would wait longer by it", async () => {
  const { deps } = scene("");
  const saved = () => box.db.sqlite.query("SELECT box FROM box_clock").get() as { box: number };
  box.advance(hour);
  const config = () => {
    throw new Error("every round");
  };
  const cleanup = startCleanup({ ...deps, config });
  while (saved().box !== box.now().box) await new Promise((resolve) => setImmediate(resolve));
  await cleanup.stop();
});
