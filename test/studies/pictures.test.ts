import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { madeJpeg, madePicture } from "../../src/dicom/image-made.ts";
import type { SendFile, Status } from "../support/client.ts";
import { dciodvfyErrors } from "../support/dciodvfy.ts";
import { elementText } from "../support/dicom-file.ts";
import { madeBytes } from "../support/made-instance.ts";
import { codesOf, type Desk, madeClasses, openDesk } from "./desk.ts";

setDefaultTimeout(30_000);
let desk: Desk;
let photos: SendFile[] = [];
beforeAll(async () => {
  desk = await openDesk();
  photos = [
    { name: "hand.jpg", bytes: await madeJpeg(64, 48) },
    { name: "foot.png", bytes: madePicture(40, 30) },
  ];
});
afterAll(() => desk.stop());

const tags = { patientName: 0x00100010, patientID: 0x00100020, birthDate: 0x00100030, sex: 0x00100040 } as const;
const seriesTags = { modality: 0x00080060, bodyPart: 0x00180015, instanceNumber: 0x00200013 } as const;

let serial = 0;
function dicom(): SendFile & { uid: string } {
  serial += 1;
  const uid = `2.25.7200${serial}`;
  return { uid, name: `IM${serial}`, bytes: madeBytes({ study: uid, series: `${uid}.1`, sop: `${uid}.1.1` }) };
}
const uidOf = (status: Status, state: string) =>
  status.studies.find((study) => study.state === state)?.study_instance_uid ?? "";
const jane = { patient_id: "J-1", patient_name: "Müller^Jürgen", patient_birth_date: "19700131", patient_sex: "M" };

describe("pictures alone", () => {
  test("with identity they are one series in order, of that patient, and sound", async () => {
    const status = await desk.send(photos, { study_metadata: { ...jane, modality: "XC", body_part: "HAND" } });
    expect(status).toMatchObject({
      state: "delivered",
      warnings: [],
      studies: [{ patient_id: "J-1", instance_count: 2, modalities: ["XC"] }],
    });
    const made = desk.arrived(uidOf(status, "delivered"));
    expect(new Set(made.map(({ sopClassUID }) => sopClassUID))).toEqual(new Set([madeClasses.secondaryCapture]));
    expect(new Set(made.map(({ seriesInstanceUID }) => seriesInstanceUID)).size).toBe(1);
    expect(made.every(({ sopInstanceUID }) => sopInstanceUID.startsWith("2.25."))).toBe(true);
    const numbers = made.map(({ bytes }) => elementText(bytes, seriesTags.instanceNumber));
    expect(numbers.sort()).toEqual(["1", "2"]);
    for (const { bytes } of made) {
      const said = Object.values(tags).map((tag) => elementText(bytes, tag));
      expect(said).toEqual(["Müller^Jürgen", "J-1", "19700131", "M"]);
      expect(dciodvfyErrors(bytes)).toEqual([]);
    }
  });

  test("without it they wait; the identity comes with the confirmation and stands in them", async () => {
    const waiting = await desk.send(photos, { study_metadata: { modality: "XC", body_part: "HAND" } });
    expect(waiting).toMatchObject({ state: "needs_confirmation", studies: [{ instance_count: 2, deliveries: [] }] });
    expect(codesOf(waiting)).toEqual(["metadata_required"]);
    const uid = uidOf(waiting, "needs_confirmation");
    for (const body of [{}, { patient_id: "J-1" }, { patient_name: "Somebody" }, { ...jane, patient_id: "  " }]) {
      const answer = await desk.ask(waiting, uid, "confirm", body);
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([422, "metadata_required"]);
    }
    expect(desk.arrived(uid)).toEqual([]);
    const end = await desk.decide(waiting, uid, "confirm", jane);
    expect(end).toMatchObject({
      state: "delivered",
      warnings: [],
      studies: [{ patient_id: "J-1", instance_count: 2, modalities: ["XC"] }],
    });
    const made = desk.arrived(uid);
    expect(made).toHaveLength(2);
    for (const { bytes } of made) {
      const said = Object.values({ ...tags, ...seriesTags }).map((tag) => elementText(bytes, tag));
      expect(said.slice(0, 6)).toEqual(["Müller^Jürgen", "J-1", "19700131", "M", "XC", "HAND"]);
    }
  });

  test("a name that DICOM cannot hold can be corrected; nothing is lost", async () => {
    const waiting = await desk.send(photos.slice(0, 1));
    const uid = uidOf(waiting, "needs_confirmation");
    const answer = await desk.ask(waiting, uid, "confirm", { patient_id: "J-1", patient_name: "x".repeat(200) });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([422, "image_identity_unfit"]);
    expect((await desk.decide(waiting, uid, "confirm", jane)).state).toBe("delivered");
  });

  test("refused: nothing of them goes", async () => {
    const waiting = await desk.send(photos);
    const uid = uidOf(waiting, "needs_confirmation");
    expect(await desk.decide(waiting, uid, "reject")).toMatchObject({
      state: "failed",
      error: { code: "study_rejected" },
      warnings: [],
    });
    expect(desk.arrived(uid)).toEqual([]);
  });

  test("a damaged one is told before anybody is asked whose it is", async () => {
    const [whole] = photos as [SendFile];
    const cut = { name: "cut.jpg", bytes: whole.bytes.subarray(0, whole.bytes.length - 40) };
    expect(await desk.send([cut])).toMatchObject({
      state: "failed",
      error: { code: "nothing_to_send" },
      warnings: [{ code: "image_truncated", file_name: "cut.jpg" }],
    });
    const waiting = await desk.send([cut, whole]);
    expect(codesOf(waiting)).toEqual(["image_truncated", "metadata_required"]);
    const end = await desk.decide(waiting, uidOf(waiting, "needs_confirmation"), "confirm", jane);
    expect(end).toMatchObject({ state: "partial", studies: [{ instance_count: 1 }] });
    expect(end.warnings).toMatchObject([{ code: "image_truncated", file_name: "cut.jpg" }]);
  });

  test("of a patient who was not the one confirmed they wait; of that one they go", async () => {
    const expected = (patientID: string) => ({
      study_metadata: jane,
      expected_studies: [{ study_instance_uid: "2.25.1", patient_id: patientID }],
    });
    const other = await desk.send(photos, expected("OTHER"));
    expect([other.state, codesOf(other)]).toEqual(["needs_confirmation", ["patient_differs"]]);
    const nobody = await desk.send(photos, { study_metadata: jane, expected_studies: [] });
    expect([nobody.state, codesOf(nobody)]).toEqual(["needs_confirmation", ["study_not_expected"]]);
    expect((await desk.send(photos, expected("J-1"))).state).toBe("delivered");
  });
});

describe("pictures beside DICOM", () => {
  test("one study: they are a new series of it, of its patient, whatever the metadata say", async () => {
    const image = dicom();
    const status = await desk.send([image, ...photos], { study_metadata: jane });
    expect(status).toMatchObject({
      state: "delivered",
      warnings: [],
      studies: [{ study_instance_uid: image.uid, patient_id: "MADE", instance_count: 3 }],
    });
    const arrived = desk.arrived(image.uid);
    const [own, made] = [
      arrived.filter(({ sopClassUID }) => sopClassUID !== madeClasses.secondaryCapture),
      arrived.filter(({ sopClassUID }) => sopClassUID === madeClasses.secondaryCapture),
    ];
    expect(own.map(({ bytes }) => bytes)).toEqual([Buffer.from(image.bytes)]);
    expect(made).toHaveLength(2);
    expect(new Set(made.map(({ seriesInstanceUID }) => seriesInstanceUID)).size).toBe(1);
    for (const { bytes } of made) {
      expect([elementText(bytes, tags.patientName), elementText(bytes, tags.patientID)]).toEqual(["Made^Up", "MADE"]);
      expect(dciodvfyErrors(bytes)).toEqual([]);
    }
  });

  test("two studies: they are one of their own, which waits while the others go", async () => {
    const [one, two] = [dicom(), dicom()];
    const waiting = await desk.send([one, two, ...photos]);
    expect(waiting.studies).toHaveLength(3);
    expect(codesOf(waiting)).toEqual(["metadata_required"]);
    const uid = uidOf(waiting, "needs_confirmation");
    expect([one.uid, two.uid]).not.toContain(uid);
    const end = await desk.decide(waiting, uid, "confirm", jane);
    expect([end.state, end.warnings]).toEqual(["delivered", []]);
    expect([one.uid, two.uid, uid].map((it) => desk.arrived(it).length)).toEqual([1, 1, 2]);
  });

  test("two studies, and the metadata name the patient: nothing waits", async () => {
    const [one, two] = [dicom(), dicom()];
    const status = await desk.send([one, two, ...photos], { study_metadata: jane });
    expect(status.state).toBe("delivered");
    const own = status.studies.find(({ patient_id: id }) => id === "J-1")?.study_instance_uid ?? "";
    expect([one.uid, two.uid, own].map((uid) => desk.arrived(uid).length)).toEqual([1, 1, 2]);
  });
});
