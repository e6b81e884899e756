import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { madeJpeg } from "../../src/dicom/image-made.ts";
import type { SendFile } from "../support/client.ts";
import { elementText } from "../support/dicom-file.ts";
import { madeBytes } from "../support/made-instance.ts";
import { codesOf, type Desk, madeClasses, openDesk } from "./desk.ts";
import { sendAsked } from "./hashed.ts";

setDefaultTimeout(30_000);
let desk: Desk;
let photo: SendFile;
beforeAll(async () => {
  desk = await openDesk();
  photo = { name: "hand.jpg", bytes: await madeJpeg(64, 48) };
});
afterAll(() => desk.stop());

const image = (uid: string): SendFile => ({
  name: `IM-${uid}`,
  bytes: madeBytes({ study: uid, series: `${uid}.1`, sop: `${uid}.1.1` }),
});

const sendHashed = (files: readonly SendFile[], init: Record<string, unknown> = {}, client = desk.sender) =>
  sendAsked(client, files, init);
const classesAt = (uid: string) => desk.arrived(uid).map(({ sopClassUID }): string => sopClassUID);

test("a photo beside a study that was delivered before is a new series of it, of its patient", async () => {
  const uid = "2.25.7101";
  await sendHashed([image(uid)]);
  const status = await sendHashed([image(uid), photo], {
    study_metadata: { patient_id: "J-1", patient_name: "Doe^Jane" },
  });
  expect(status).toMatchObject({
    state: "delivered",
    studies: [{ study_instance_uid: uid, patient_id: "MADE", instance_count: 2 }],
  });
  const captures = desk.arrived(uid).filter(({ sopClassUID }) => sopClassUID === madeClasses.secondaryCapture);
  expect(captures.map(({ bytes }) => elementText(bytes, 0x00100020))).toEqual(["MADE"]);
});

test("new notes of a study that was delivered before go into it; the same ones are there already", async () => {
  const uid = "2.25.7102";
  await sendHashed([image(uid)]);
  const notes = { study_metadata: { clinical_notes: "Sturz" } };
  const first = await sendHashed([image(uid)], notes);
  expect([first.state, codesOf(first)]).toEqual(["delivered", ["delivered_before"]]);
  expect(first.studies).toMatchObject([{ study_instance_uid: uid, instance_count: 1, patient_id: "MADE" }]);
  const again = await sendHashed([image(uid)], notes);
  expect([again.state, again.pacs_receipt_id]).toEqual(["delivered", first.pacs_receipt_id]);
  expect(classesAt(uid).filter((it) => it === madeClasses.textSR)).toHaveLength(1);
});

test("a study delivered before and a new one are two: photo and notes go into neither", async () => {
  const [before, now] = ["2.25.7103", "2.25.7104"] as const;
  await sendHashed([image(before)]);
  const status = await sendHashed([image(before), image(now), photo], { study_metadata: { clinical_notes: "Sturz" } });
  expect(status.state).toBe("needs_confirmation");
  expect(codesOf(status)).toEqual(["delivered_before", "metadata_required", "notes_not_assigned"]);
  const own = status.studies.find(({ state }) => state === "needs_confirmation")?.study_instance_uid ?? "";
  expect([before, now]).not.toContain(own);
  const end = await desk.decide(status, own, "confirm", { patient_id: "J-1", patient_name: "Doe^Jane" });
  expect(end.state).toBe("delivered");
  for (const uid of [before, now]) expect(desk.arrived(uid)).toHaveLength(1);
  expect(classesAt(own)).toEqual([madeClasses.secondaryCapture]);
});

test("notes of somebody else who repeats a study stay behind: its patient is not theirs to know, and that is told", async () => {
  const uid = "2.25.7106";
  await sendHashed([image(uid)]);
  const status = await sendHashed(
    [image(uid)],
    { study_metadata: { clinical_notes: "Sturz" } },
    await desk.box.client("clinician"),
  );
  expect([status.state, codesOf(status)]).toEqual(["delivered", ["delivered_before", "notes_not_sent"]]);
  expect(desk.arrived(uid)).toHaveLength(1);
});

test("somebody else who repeats a study does not learn its patient by a photo beside it", async () => {
  const uid = "2.25.7105";
  await sendHashed([image(uid)]);
  const status = await sendHashed([image(uid), photo], {}, await desk.box.client("clinician"));
  expect(JSON.stringify(status)).not.toContain("Made");
  expect(codesOf(status)).toEqual(["delivered_before", "metadata_required"]);
});
