import { afterAll, beforeAll, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import type { Config } from "../core/config-schema.ts";
import { createLive } from "../core/live.ts";
import { filesOf, insertFiles, updateUpload } from "../db/uploads.ts";
import { openTestBox } from "../forward/test-box.ts";
import { createSpool } from "../upload/spool.ts";
import { startIntake } from "./worker.ts";

let box: ReturnType<typeof openTestBox>;
beforeAll(() => {
  box = openTestBox();
});
afterAll(() => {
  box.db.close();
  rmSync(box.folder, { recursive: true, force: true });
});

test("an upload that waits for space is begun again only when there is more than it began with", async () => {
  let [free, looks, begun] = [1_000_000, 0, 0];
  const real = createSpool(box.folder, () => 0);
  const uploadId = box.upload("processing");
  real.create(uploadId);
  insertFiles(box.db.orm, uploadId, [{ fileId: "a", name: "a", sizeBytes: 4, receivedBytes: 4, state: "needed" }]);
  const [file] = filesOf(box.db.orm, uploadId);
  writeFileSync(real.path(uploadId, real.receivedFile(file?.id ?? 0)), "text");
  updateUpload(box.db.orm, uploadId, { metadata: {} });
  const config = { ...box.config, limits: {} } as unknown as Config;
  const intake = startIntake({
    db: box.db,
    spool: {
      ...real,
      freeBytes: () => {
        looks += 1;
        return free;
      },
      path: (id, relative) => {
        // The pipeline's first look at a received file: here the disk is full.
        if (relative.startsWith("files/")) begun += 1;
        if (relative.startsWith("files/") && free === 1_000_000) throw Object.assign(new Error(), { code: "ENOSPC" });
        return real.path(id, relative);
      },
    },
    config: () => config,
    hashKey: new Uint8Array(32),
    live: createLive(),
    log: { event: () => undefined },
    now: box.now,
    onAccepted: () => undefined,
    spacePauseMs: 1,
  });
  const soon = () => new Promise((resolve) => setImmediate(resolve));
  while (looks < 40) await soon();
  expect(begun).toBe(1);
  free += 1;
  while (begun < 2) await soon();
  await intake.stop();
});
