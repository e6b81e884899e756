import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { madeJpeg } from "../../src/dicom/image-made.ts";
import type { SendFile, Status } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { type OrthancServer, orthancProgram, startOrthanc } from "../support/orthanc.ts";
import { codesOf, type Desk, openDesk } from "./desk.ts";
import { openHashed, sendAsked, statesOf } from "./hashed.ts";

setDefaultTimeout(60_000);

if (orthancProgram !== null) {
  let orthanc: OrthancServer;
  let desk: Desk;
  beforeAll(async () => {
    orthanc = await startOrthanc();
    const scp = `host = "127.0.0.1"\nport = ${orthanc.dicomPort}\ncalled_ae_title = "${orthanc.aeTitle}"`;
    const kinds = {
      orthanc: `url = "${orthanc.url}"`,
      "stow-rs": `url = "${orthanc.dicomWebUrl}"`,
      "c-store": scp,
    };
    const destinations = Object.entries(kinds).map(
      ([kind, where]) => `[[destination]]\nid = "${kind}"\nkind = "${kind}"\n${where}`,
    );
    desk = await openDesk(destinations.join("\n"));
  });
  afterAll(async () => {
    await desk.stop();
    await orthanc.stop();
  });

  const ended = (uploadId: string): Promise<Status> =>
    desk.sender.reach(uploadId, new Set(["delivered", "partial", "failed", "needs_attention"]));
  const remove = async (sopInstanceUID: string) => {
    const [found] = (await (
      await fetch(`${orthanc.url}/tools/lookup`, { method: "POST", body: sopInstanceUID })
    ).json()) as { ID: string }[];
    expect((await fetch(`${orthanc.url}/instances/${found?.ID}`, { method: "DELETE" })).ok).toBe(true);
  };

  for (const [index, kind] of ["orthanc", "stow-rs", "c-store"].entries())
    test(`${kind}: what was deleted there since is asked for again at complete, and delivered is true`, async () => {
      const study = `2.25.7620${index}`;
      const files: SendFile[] = [1, 2, 3].map((n) => ({
        name: `IM${n}`,
        bytes: madeBytes({ study, series: `${study}.1`, sop: `${study}.1.${n}` }),
      }));
      files.push({ name: "hand.jpg", bytes: await madeJpeg(64, 48) });
      const init = { study_metadata: { destination_ids: [kind] } };
      const first = await sendAsked(desk.sender, files, init);
      expect(first.state).toBe("delivered");
      const all = (await orthanc.instances()).sort();
      const photo = all.find((uid) => !uid.startsWith("2.25.762") && uid.length > 30) ?? "";
      for (const uid of [`${study}.1.2`, photo]) await remove(uid);

      const opened = await openHashed(desk.sender, files, init);
      expect(statesOf(opened)).toEqual(Array(4).fill("already_delivered"));
      const answer = await desk.sender.complete(opened);
      expect(answer.status).toBe(409);
      expect(await answer.json()).toMatchObject({
        code: "upload_incomplete",
        missing: [
          { file_id: "f1", missing: [[0, 0]] },
          { file_id: "f3", missing: [[0, 0]] },
        ],
      });
      expect(await desk.sender.status(opened.upload_id)).toMatchObject({ state: "receiving" });
      for (const n of [1, 3]) await desk.sender.chunk(opened, `f${n}`, 0, files[n]?.bytes ?? new Uint8Array());
      expect((await desk.sender.complete(opened)).status).toBe(200);
      const end = await ended(opened.upload_id);
      expect([end.state, codesOf(end)]).toEqual(["delivered", ["delivered_before"]]);
      expect((await orthanc.instances()).sort()).toEqual(all);
      // And from now on it is known again.
      expect(statesOf(await openHashed(desk.sender, files, init))).toEqual(Array(4).fill("already_delivered"));
      await remove(photo);
    });

  test("an archive that gives no answer: the receipt of then stands, and that is said", async () => {
    const study = "2.25.76210";
    const files: SendFile[] = [{ name: "IM1", bytes: madeBytes({ study, series: `${study}.1`, sop: `${study}.1.1` }) }];
    const init = { study_metadata: { destination_ids: ["orthanc"] } };
    const first = await sendAsked(desk.sender, files, init);
    await orthanc.stop();
    const end = await sendAsked(desk.sender, files, init);
    expect([end.state, end.pacs_receipt_id]).toEqual(["delivered", first.pacs_receipt_id]);
    expect(end.warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining("The archive gave no answer when it was asked whether it still holds them"),
    ]);
  });
}
