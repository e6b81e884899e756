import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { decode } from "fast-png";
import { madePicture } from "../../src/dicom/image-made.ts";
import { type Box, startBox } from "../support/box.ts";
import type { Client } from "../support/client.ts";
import { readDicom } from "../support/dicom-file.ts";
import { madeBytes } from "../support/made-instance.ts";
import { type OrthancServer, orthancProgram, startOrthanc } from "../support/orthanc.ts";
import { madeClasses } from "./desk.ts";

setDefaultTimeout(60_000);
const notes = "Sturz von der Leiter; Fraktur? 頭部外傷 كسر 🚑\nZweite Zeile \\ ^ =";

if (orthancProgram !== null) {
  let orthanc: OrthancServer;
  let box: Box;
  let sender: Client;
  beforeAll(async () => {
    orthanc = await startOrthanc();
    box = await startBox(
      [
        `[[destination]]\nid = "stow"\nkind = "stow-rs"\nurl = "${orthanc.dicomWebUrl}"`,
        `[[destination]]\nid = "rest"\nkind = "orthanc"\nurl = "${orthanc.url}"`,
        `[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`,
      ].join("\n"),
    );
    sender = await box.client();
  });
  afterAll(async () => {
    await box.stop();
    await orthanc.stop();
  });

  /** Everything it holds of a study. */
  async function held(studyInstanceUID: string) {
    const copies = await Promise.all((await orthanc.instances()).map((uid) => orthanc.files(uid)));
    const all = copies.flat().map((bytes) => ({ ...readDicom(bytes), bytes: Buffer.from(bytes) }));
    return all.filter((one) => one.studyInstanceUID === studyInstanceUID);
  }

  /** What the archive shows of an instance, without a window of its own choice. */
  async function rendered(sopInstanceUID: string) {
    const found = await fetch(`${orthanc.url}/tools/lookup`, { method: "POST", body: sopInstanceUID });
    const [{ ID } = { ID: "" }] = (await found.json()) as { ID: string }[];
    const answer = await fetch(`${orthanc.url}/instances/${ID}/rendered`, { headers: { accept: "image/png" } });
    return decode(await answer.bytes());
  }

  describe("a real Orthanc holds what was made here", () => {
    for (const kind of ["stow", "rest"]) {
      const study = kind === "stow" ? "2.25.7901" : "2.25.7902";

      test(`by ${kind}: notes and picture in the study, byte for byte what another destination got, and shown as it was`, async () => {
        const picture = madePicture(40, 30);
        const files = [
          { name: "IM1", bytes: madeBytes({ study, series: `${study}.1`, sop: `${study}.1.1` }) },
          { name: "foot.png", bytes: picture },
        ];
        const destinations = [kind, "folder"];
        const status = await sender.send(files, {
          study_metadata: { clinical_notes: notes, destination_ids: destinations },
        });
        expect(status).toMatchObject({ state: "delivered", warnings: [], studies: [{ instance_count: 2 }] });
        const there = await held(study);
        expect(there).toHaveLength(3);
        for (const { seriesInstanceUID, sopInstanceUID, bytes } of there) {
          const copy = `${box.dataDir}/received/${study}/${seriesInstanceUID}/${sopInstanceUID}.dcm`;
          expect(bytes.equals(Buffer.from(await Bun.file(copy).bytes()))).toBe(true);
        }
        const note = there.find(({ sopClassUID }) => sopClassUID === madeClasses.textSR);
        expect(note?.bytes.includes(notes)).toBe(true);
        const capture = there.find(({ sopClassUID }) => sopClassUID === madeClasses.secondaryCapture);
        const shown = await rendered(capture?.sopInstanceUID ?? "");
        expect(Buffer.from(shown.data.buffer).equals(Buffer.from(decode(picture).data.buffer))).toBe(true);
        const receipt = JSON.stringify(await sender.receipt(status.pacs_receipt_id ?? ""));
        for (const { sopInstanceUID } of there) expect(receipt).toContain(sopInstanceUID);
      });

      test(`by ${kind}: pictures alone, after a person said whose they are`, async () => {
        const waiting = await sender.send([{ name: "foot.png", bytes: madePicture(20, 30) }], {
          study_metadata: { destination_ids: [kind] },
        });
        const uid = waiting.studies[0]?.study_instance_uid ?? "";
        expect(await held(uid)).toEqual([]);
        const body = { patient_id: `J-${kind}`, patient_name: "Müller^Jürgen", clinical_notes: notes };
        await sender.request("POST", `/upload/${waiting.upload_id}/studies/${uid}/confirm`, { body });
        await sender.reach(waiting.upload_id, new Set(["delivered"]));
        const found = await fetch(`${orthanc.url}/tools/find`, {
          method: "POST",
          body: JSON.stringify({ Level: "Study", Expand: true, Query: { StudyInstanceUID: uid } }),
        });
        expect(await found.json()).toMatchObject([
          { PatientMainDicomTags: { PatientID: `J-${kind}`, PatientName: "Müller^Jürgen" } },
        ]);
        const classes = (await held(uid)).map(({ sopClassUID }): string => sopClassUID);
        expect(classes.sort()).toEqual([madeClasses.secondaryCapture, madeClasses.textSR]);
      });
    }
  });
}
