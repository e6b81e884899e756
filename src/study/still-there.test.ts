import { afterAll, expect, test } from "bun:test";
import type { Config } from "../core/config-schema.ts";
import { filesOf, fileTotals, insertFiles, updateUpload } from "../db/uploads.ts";
import { openTestBox } from "../forward/test-box.ts";
import { FakeDestination } from "../forward/test-destination.ts";
import { askAgain } from "./still-there.ts";

const box = openTestBox();
afterAll(() => box.close());

test("two that ask at once what is gone count its bytes out once", async () => {
  const main = box.add(new FakeDestination("main"), { default: true });
  const id = box.upload("receiving");
  updateUpload(box.db.orm, id, { totalSizeBytes: 50 });
  insertFiles(box.db.orm, id, [
    { fileId: "a", sizeBytes: 50, receivedBytes: 50, state: "already_delivered", objectKey: "key" },
  ]);
  box.db.sqlite.run("INSERT INTO delivered_object VALUES ('key', 'main', 'r', '1.2', '[]', 0, '1.2.1', '1.2.1.1')");
  const deps = { db: box.db, config: () => box.config as Config, destinations: () => main, now: box.now };
  const upload = box.uploadRow(id);
  const asked = await Promise.all(
    Array.from({ length: 2 }, () => askAgain(deps, upload, new AbortController().signal)),
  );
  expect(asked).toContain(true);
  expect(filesOf(box.db.orm, id)).toMatchObject([{ state: "needed", receivedBytes: 0 }]);
  expect(fileTotals(box.db.orm, id)).toEqual({ files: 1, declared: 50, received: 0 });
});
