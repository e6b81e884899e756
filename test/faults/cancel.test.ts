import { expect, test } from "bun:test";
import { startFakePacs } from "../../src/fake-pacs/server.ts";
import { startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import { madeStudy } from "./made-study.ts";

test("cancelled while the archive's answer is on its way: partial, with a receipt of what it took", async () => {
  const pacs = await startFakePacs({ script: [{ ending: "hang" }] });
  const box = await startBox(`[[destination]]\nid = "main"\nkind = "stow-rs"\nurl = "${pacs.dicomWebUrl}"`);
  try {
    const client = await box.client();
    const study = madeStudy(5);
    const opened = await client.upload(study.files);
    await client.complete(opened);
    await until("the archive to take all", () => pacs.held.size === 5);
    const cancel = () =>
      fetch(`${box.url}/upload/${opened.upload_id}`, {
        method: "DELETE",
        headers: { authorization: `Bearer ${client.token}` },
      });
    expect((await cancel()).status).toBe(204);
    const status = await client.status(opened.upload_id);
    expect(status).toMatchObject({
      state: "partial",
      studies: [{ deliveries: [{ state: "cancelled", delivered_instances: 5 }] }],
    });
    const receipt = JSON.stringify(await client.receipt(status.pacs_receipt_id ?? ""));
    expect(receipt.match(/"verified_by"/g)).toHaveLength(5);
    expect((await cancel()).status).toBe(204);
    expect(pacs.stores).toHaveLength(1);
  } finally {
    await box.stop();
    await pacs.stop();
  }
}, 30_000);
