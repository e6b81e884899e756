import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Box, startBox } from "../support/box.ts";
import { madeBytes } from "../support/made-instance.ts";

let box: Box;
beforeAll(async () => {
  box = await startBox(`[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`);
});
afterAll(() => box.stop());

test("a study goes in over HTTP and stands at the destination, byte for byte, with a receipt", async () => {
  const client = await box.client();
  const files = [1, 2, 3].map((n) => ({
    name: `IM${n}.dcm`,
    bytes: madeBytes({ study: "2.25.77", sop: `2.25.77.${n}` }),
  }));
  const status = await client.send(files);
  expect(status).toMatchObject({ state: "delivered", progress_percent: 100, error: null });
  expect(status.studies).toMatchObject([{ instance_count: 3, state: "delivered" }]);
  for (const [index, { bytes }] of files.entries())
    expect(readFileSync(join(box.dataDir, `received/2.25.77/2.25.3/2.25.77.${index + 1}.dcm`))).toEqual(
      Buffer.from(bytes),
    );
  const receipt = await client.receipt(status.pacs_receipt_id ?? "");
  expect(JSON.stringify(receipt)).toContain("2.25.77.3");
});
