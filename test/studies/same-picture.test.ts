import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { madeJpeg, madePicture } from "../../src/dicom/image-made.ts";
import type { SendFile, Status } from "../support/client.ts";
import { elementText } from "../support/dicom-file.ts";
import { madeBytes } from "../support/made-instance.ts";
import { orthancProgram, startOrthanc } from "../support/orthanc.ts";
import { codesOf, type Desk, madeClasses, openDesk } from "./desk.ts";
import { openHashed, sendAsked, statesOf } from "./hashed.ts";

setDefaultTimeout(60_000);
let desk: Desk;
let files: SendFile[] = [];
beforeAll(async () => {
  desk = await openDesk();
  files = [
    { name: "hand.jpg", bytes: await madeJpeg(64, 48) },
    { name: "foot.png", bytes: madePicture(40, 30) },
    {
      name: "letter.pdf",
      bytes: Buffer.from("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"),
    },
  ];
});
afterAll(() => desk.stop());

const of = (patientID: string, more = {}) => ({
  study_metadata: { patient_id: patientID, patient_name: "Doe^Jane", study_date: "20250102", ...more },
});
const studyOf = ({ studies }: Status) => studies[0]?.study_instance_uid ?? "";
const uidsAt = (uid: string) =>
  desk
    .arrived(uid)
    .map(({ sopInstanceUID }) => sopInstanceUID)
    .sort();
const image = (uid: string, patientID = "MADE"): SendFile => {
  const bytes = Buffer.from(madeBytes({ study: uid, series: `${uid}.1`, sop: `${uid}.1.1` }));
  bytes.write(patientID, bytes.indexOf("MADE"), "latin1");
  return { name: "IM1", bytes };
};

describe("pictures alone, sent again", () => {
  test("for the same patient: no byte is asked for, and the receipt is the earlier one", async () => {
    const first = await sendAsked(desk.sender, files, of("SAME-1"));
    expect(first).toMatchObject({ state: "delivered", studies: [{ instance_count: 3 }] });
    const before = uidsAt(studyOf(first));
    const opened = await openHashed(desk.sender, files, of("SAME-1"));
    expect(statesOf(opened)).toEqual(Array(3).fill("already_delivered"));
    await desk.sender.complete(opened);
    const again = await desk.sender.reach(opened.upload_id, new Set(["delivered", "partial", "failed"]));
    expect(again).toMatchObject({ state: "delivered", pacs_receipt_id: first.pacs_receipt_id });
    expect([studyOf(again), uidsAt(studyOf(again))]).toEqual([studyOf(first), before]);
  });

  test("by a client that knows no hashes: the same study, and no second object", async () => {
    const first = await desk.send(files, of("SAME-2"));
    const again = await desk.send(files.toReversed(), of("SAME-2"));
    expect([again.state, studyOf(again), again.pacs_receipt_id]).toEqual([
      "delivered",
      studyOf(first),
      first.pacs_receipt_id,
    ]);
    expect(uidsAt(studyOf(first))).toHaveLength(3);
  });

  test("for another patient, or with other words on the study: other objects, whose bytes are asked for", async () => {
    const first = await sendAsked(desk.sender, files, of("SAME-3"));
    for (const other of [of("SAME-4"), of("SAME-3", { patient_name: "Roe^Jane" }), of("SAME-3", { study_date: "" })]) {
      const opened = await openHashed(desk.sender, files, other);
      expect(statesOf(opened)).toEqual(Array(3).fill("needed"));
      const status = await desk.send(files, other);
      expect(studyOf(status)).not.toBe(studyOf(first));
      for (const uid of uidsAt(studyOf(status))) expect(uidsAt(studyOf(first))).not.toContain(uid);
    }
  });

  test("the expected patient is another one: nothing is taken for delivered, and it waits", async () => {
    await sendAsked(desk.sender, files, of("SAME-5"));
    const init = { ...of("SAME-5"), expected_studies: [{ study_instance_uid: "", patient_id: "OTHER" }] };
    expect(statesOf(await openHashed(desk.sender, files, init))).toEqual(Array(3).fill("needed"));
    expect((await sendAsked(desk.sender, files, init)).state).toBe("needs_confirmation");
  });

  test("without a patient, confirmed as two: two studies, never one", async () => {
    const ends: Status[] = [];
    for (const id of ["SAME-6", "SAME-7"]) {
      const waiting = await desk.send(files.slice(0, 1));
      ends.push(await desk.decide(waiting, studyOf(waiting), "confirm", { patient_id: id, patient_name: "Doe^Jane" }));
    }
    const objects = ends.flatMap((end) => desk.arrived(studyOf(end)));
    expect(objects.map(({ bytes }) => elementText(bytes, 0x00100020))).toEqual(["SAME-6", "SAME-7"]);
    for (const key of ["studyInstanceUID", "seriesInstanceUID", "sopInstanceUID"] as const)
      expect(new Set(objects.map((object) => object[key])).size).toBe(2);
  });

  test("with resend they come again under the same UIDs, and what the archive lost is there again", async () => {
    const first = await sendAsked(desk.sender, files, of("SAME-8"));
    const before = uidsAt(studyOf(first));
    const [lost] = desk.arrived(studyOf(first));
    rmSync(
      join(desk.box.dataDir, "received", studyOf(first), lost?.seriesInstanceUID ?? "", `${lost?.sopInstanceUID}.dcm`),
    );
    const init = { ...of("SAME-8"), resend: { reason: "the archive lost one" } };
    expect(statesOf(await openHashed(desk.sender, files, init))).toEqual(Array(3).fill("needed"));
    expect((await sendAsked(desk.sender, files, init)).state).toBe("delivered");
    expect(uidsAt(studyOf(first))).toEqual(before);
  });

  test("twice in one upload: once, and that is told", async () => {
    const [photo] = files as [SendFile];
    const status = await desk.send([photo, { ...photo, name: "again.jpg" }], of("SAME-9"));
    expect([status.state, codesOf(status)]).toEqual(["delivered", ["duplicate_instance"]]);
    expect(uidsAt(studyOf(status))).toHaveLength(1);
  });
});

describe("a picture beside a study, sent again with it", () => {
  test("no byte is asked for; with something new beside it the bytes come, and make no second object", async () => {
    const uid = "2.25.76101";
    const both = [image(uid), ...files];
    expect((await sendAsked(desk.sender, both)).state).toBe("delivered");
    const opened = await openHashed(desk.sender, both);
    expect(statesOf(opened)).toEqual(Array(4).fill("already_delivered"));
    await desk.sender.complete(opened);
    expect((await desk.sender.reach(opened.upload_id, new Set(["delivered"]))).studies).toHaveLength(1);
    const fresh: SendFile = { name: "more.png", bytes: madePicture(8, 8) };
    expect(statesOf(await openHashed(desk.sender, [...both, fresh]))).toEqual([
      "already_delivered",
      ...Array(4).fill("needed"),
    ]);
    expect((await sendAsked(desk.sender, [...both, fresh])).state).toBe("delivered");
    expect(uidsAt(uid)).toHaveLength(5);
  });

  test("another study, or another patient in the same one: another object", async () => {
    const [photo] = files as [SendFile];
    const [one, two] = ["2.25.76102", "2.25.76103"] as const;
    await sendAsked(desk.sender, [image(one), photo]);
    await sendAsked(desk.sender, [image(two), photo]);
    await sendAsked(desk.sender, [{ ...image(two, "OTHR"), name: "IM2" }, photo]);
    const captures = [one, two]
      .flatMap((uid) => desk.arrived(uid))
      .filter(({ sopClassUID }) => sopClassUID === madeClasses.secondaryCapture);
    expect(captures.map(({ bytes }) => elementText(bytes, 0x00100020)).sort()).toEqual(["MADE", "MADE", "OTHR"]);
    expect(new Set(captures.map(({ sopInstanceUID }) => sopInstanceUID)).size).toBe(3);
  });
});

if (orthancProgram !== null)
  test("a real Orthanc sees the same objects: by REST, STOW-RS and C-STORE each is there once, without a conflict", async () => {
    const orthanc = await startOrthanc();
    const scp = `host = "127.0.0.1"\nport = ${orthanc.dicomPort}\ncalled_ae_title = "${orthanc.aeTitle}"`;
    const kinds = [
      `kind = "orthanc"\nurl = "${orthanc.url}"`,
      `kind = "stow-rs"\nurl = "${orthanc.dicomWebUrl}"`,
      `kind = "c-store"\n${scp}`,
    ];
    const archive = await openDesk(kinds.map((kind, index) => `[[destination]]\nid = "d${index}"\n${kind}`).join("\n"));
    try {
      const notes = { clinical_notes: "Sturz" };
      for (const id of ["d0", "d1", "d2"]) {
        const init = of(`ARCHIVE-${id}`, { ...notes, destination_ids: [id] });
        const first = await archive.send(files, init);
        const before = (await orthanc.instances()).length;
        // The same again, and once more as nobody remembers: what was delivered is forgotten with another address.
        const again = await archive.send(files, init);
        expect([first.state, again.state, again.pacs_receipt_id]).toEqual([
          "delivered",
          "delivered",
          first.pacs_receipt_id,
        ]);
        const resent = await archive.send(files, { ...init, resend: { reason: "asked for" } });
        expect([resent.state, resent.warnings]).toEqual(["delivered", []]);
        expect(before % 4).toBe(0);
        expect((await orthanc.instances()).length).toBe(before);
      }
    } finally {
      await archive.stop();
      await orthanc.stop();
    }
  });
