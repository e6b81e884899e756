import { expect, test } from "bun:test";
import { description, element, head, identity } from "../../src/dicom/made-bytes.ts";
import { startBox } from "../support/box.ts";
import { dataSetBytes } from "../support/dicom-file.ts";
import { orthancProgram, startOrthanc } from "../support/orthanc.ts";

/** An object whose last value has the odd length of its pixels, as some modalities write it. */
const oddObject = (): Buffer =>
  Buffer.concat([head(), identity, description(15, 15, 1, 8), element(0x7fe00010, "OB", Buffer.alloc(15 * 15, 7))]);

if (orthancProgram !== null)
  test("over C-STORE a data set of odd length gets one NUL behind its end, which the receipt says; elsewhere it stays as it came", async () => {
    const orthanc = await startOrthanc();
    const scp = `host = "127.0.0.1"\nport = ${orthanc.dicomPort}\ncalled_ae_title = "${orthanc.aeTitle}"`;
    const box = await startBox(
      `[[destination]]\nid = "scp"\nkind = "c-store"\n${scp}\n[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`,
    );
    try {
      const client = await box.client();
      const bytes = oddObject();
      const destination_ids = ["scp", "folder"];
      const status = await client.send([{ name: "IM1", bytes }], { study_metadata: { destination_ids } });
      expect(status.state).toBe("delivered");
      const receipt = JSON.stringify(await client.receipt(status.pacs_receipt_id ?? ""));
      expect(receipt.match(/"answer":"[^"]*"/g)?.sort()).toEqual([
        '"answer":"0000, one padding byte added"',
        '"answer":"written"',
      ]);
      const [copy = new Uint8Array()] = await orthanc.files("1.2.3.4");
      const [sent, arrived] = [dataSetBytes(bytes), dataSetBytes(copy)];
      // DCMTK itself writes the even length into the last element; every byte of the value stays.
      expect([arrived.length, Buffer.from(arrived).subarray(-226)]).toEqual([
        sent.length + 1,
        Buffer.concat([sent.subarray(-225), new Uint8Array(1)]),
      ]);
      const written = await Bun.file(`${box.dataDir}/received/1.2.3/1.2.3.1/1.2.3.4.dcm`).bytes();
      expect(Buffer.compare(written, bytes)).toBe(0);
    } finally {
      await box.stop();
      await orthanc.stop();
    }
  }, 60_000);
