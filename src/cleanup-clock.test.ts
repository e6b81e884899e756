import { expect, test } from "bun:test";
import { startCleanup } from "./cleanup.ts";
import type { Config } from "./core/config-schema.ts";
import { createLive } from "./core/live.ts";
import { endedNow, findUpload, updateUpload } from "./db/uploads.ts";
import { openTestBox } from "./forward/test-box.ts";
import { createSpool } from "./upload/spool.ts";

const hour = 3_600_000;

/** Retention over a box that has everything retention judges: unfinished, unconfirmed, parked, ended. */
function scene() {
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
    const { box, states, shown, round, close } = scene();
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
  const { box, round, close } = scene();
  const saved = () => box.db.sqlite.query("SELECT box, wall FROM box_clock").get() as unknown;
  box.advance(hour);
  await round();
  expect(saved()).toEqual(box.now());
  await close();
});
