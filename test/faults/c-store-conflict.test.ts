import { expect, test } from "bun:test";
import { startBox } from "../support/box.ts";
import type { Client, SendFile, Status } from "../support/client.ts";
import { dataSetBytes } from "../support/dicom-file.ts";
import { orthancProgram, startOrthanc } from "../support/orthanc.ts";
import { madeStudy } from "./made-study.ts";

const resting = new Set(["delivered", "needs_attention", "partial", "failed"]);

async function handIn(client: Client, files: readonly SendFile[], more: Record<string, unknown> = {}): Promise<Status> {
  const opened = await client.upload(files, more);
  await client.complete(opened);
  return client.reach(opened.upload_id, resting);
}

/** The last byte of the pixels is another. */
function changed({ name, bytes }: SendFile): SendFile {
  const copy = Uint8Array.from(bytes);
  copy[copy.length - 1] = 0xee;
  return { name, bytes: copy };
}

if (orthancProgram !== null)
  test("P10 over C-STORE: the first image stays and the second is told; a repeat and a resend go through", async () => {
    const orthanc = await startOrthanc();
    const address = `host = "127.0.0.1"\nport = ${orthanc.dicomPort}\ncalled_ae_title = "${orthanc.aeTitle}"`;
    const box = await startBox(`[[destination]]\nid = "main"\nkind = "c-store"\n${address}`);
    try {
      const client = await box.client();
      const { files, bySop } = madeStudy(2);
      const first = await handIn(client, files);
      expect(first.state).toBe("delivered");

      const second = await handIn(client, files.map(changed));
      expect(second.state).toBe("needs_attention");
      expect(second.studies[0]?.deliveries[0]).toMatchObject({
        delivered_instances: 0,
        error: { code: "instance_conflict" },
      });

      const repeat = await handIn(client, files);
      expect(repeat).toMatchObject({ state: "delivered", pacs_receipt_id: first.pacs_receipt_id });
      const resent = await handIn(client, files, { resend: { reason: "asked for" } });
      expect(resent.state).toBe("delivered");

      for (const [uid, bytes] of bySop) {
        const copies = await orthanc.files(uid);
        expect(copies.map((copy) => Buffer.compare(dataSetBytes(copy), dataSetBytes(bytes)))).toEqual([0]);
      }
    } finally {
      await box.stop();
      await orthanc.stop();
    }
  }, 60_000);
