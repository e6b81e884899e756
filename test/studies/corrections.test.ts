import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import { dciodvfyErrors } from "../support/dciodvfy.ts";
import { madeBytes } from "../support/made-instance.ts";
import { type Desk, openDesk } from "./desk.ts";

setDefaultTimeout(60_000);
let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk.stop());

const birthDate = [0x0010, 0x0030, "DA", "19700131"] as const;
const originalAttributes = Buffer.from([0x00, 0x04, 0x61, 0x05]);
const pixelsOf = (bytes: Buffer) => bytes.subarray(bytes.lastIndexOf(Buffer.from([0xe0, 0x7f, 0x10, 0x00])));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Two images of one study, of which the second says when its patient was born; it waits for a person. */
async function waiting(study: string) {
  const files = [[], [birthDate]].map((more, index) => ({
    name: `${index}.dcm`,
    bytes: Buffer.from(madeBytes({ study, series: `${study}.1`, sop: `${study}.1.${index}`, more })),
  }));
  const upload = await desk.send(files, { expected_studies: [{ study_instance_uid: study, patient_id: "ELSE" }] });
  expect(upload.state).toBe("needs_confirmation");
  return { upload, files };
}

test("a correction rewrites the images that need it, keeps what was, and stands in receipt and audit", async () => {
  const study = "2.25.770101";
  const { upload, files } = await waiting(study);
  const corrections = { reason: "taken over from the order", patient_birth_date: "19700131" };
  const done = await desk.decide(upload, study, "confirm", { corrections });
  expect(done.state).toBe("delivered");
  const arrived = desk.arrived(study).sort((a, b) => a.sopInstanceUID.localeCompare(b.sopInstanceUID));
  expect(arrived.map((it) => it.sopInstanceUID)).toEqual([`${study}.1.0`, `${study}.1.1`]);
  const [first, second] = arrived;
  expect(second?.bytes.equals(files[1]?.bytes ?? Buffer.alloc(0))).toBe(true);
  expect(first?.bytes.includes("19700131")).toBe(true);
  expect(first?.bytes.includes(originalAttributes)).toBe(true);
  expect(pixelsOf(first?.bytes ?? Buffer.alloc(0)).equals(pixelsOf(files[0]?.bytes ?? Buffer.alloc(0)))).toBe(true);
  const known = dciodvfyErrors(files[0]?.bytes ?? new Uint8Array());
  expect(dciodvfyErrors(first?.bytes ?? new Uint8Array()).filter((line) => !known.includes(line))).toEqual([]);

  const receipt = await desk.sender.receipt(done.pacs_receipt_id ?? "");
  const { instances } = (receipt as { studies: { deliveries: { instances: object[] }[] }[] }).studies[0]
    ?.deliveries[0] ?? {
    instances: [],
  };
  expect(instances).toMatchObject([
    { sha256: sha256(first?.bytes ?? new Uint8Array()), corrected: ["PatientBirthDate"] },
    { sha256: sha256(second?.bytes ?? new Uint8Array()) },
  ]);
  expect(instances[1]).not.toHaveProperty("corrected");
  const admin = await desk.box.client("admin");
  const answer = await admin.request("GET", `/admin/audit?upload_id=${upload.upload_id}&event=study.corrected`);
  const { entries } = (await answer.json()) as { entries: object[] };
  expect(entries).toMatchObject([
    { actor_name: "radiographer", details: { instances: 1 }, reason: corrections.reason },
  ]);
  expect(JSON.stringify(entries)).not.toContain("19700131");
});

test("what was corrected does not speak for what comes again uncorrected: the archive's other copy is told", async () => {
  const study = "2.25.770102";
  const { upload, files } = await waiting(study);
  const corrections = { reason: "wrong patient", patient_id: "LOCAL-1", patient_name: "Müller^Eva" };
  const done = await desk.decide(upload, study, "confirm", { corrections });
  expect(done).toMatchObject({ state: "delivered", studies: [{ patient_id: "LOCAL-1", patient_name: "Müller^Eva" }] });
  for (const { bytes } of desk.arrived(study)) expect(bytes.includes("LOCAL-1")).toBe(true);
  const again = await desk.send(files);
  expect(again.state).toBe("needs_attention");
  expect(again.studies[0]?.deliveries[0]?.error?.code).toBe("instance_conflict");
});

test("whoever may confirm adds what images lack, and changes nothing that they say", async () => {
  const study = "2.25.770103";
  const bytes = Buffer.from(madeBytes({ study, sop: `${study}.1` }));
  const upload = await desk.send([{ name: "a", bytes }], {
    expected_studies: [{ study_instance_uid: study, patient_id: "ELSE" }],
  });
  const said = { patient_id: "IGNORED", patient_birth_date: "19820304", patient_sex: "F" };
  const done = await desk.decide(upload, study, "confirm", said);
  expect(done).toMatchObject({ state: "delivered", studies: [{ patient_id: "MADE" }] });
  const [only] = desk.arrived(study);
  expect([only?.bytes.includes("19820304"), only?.bytes.includes("IGNORED")]).toEqual([true, false]);
});

test("who may not correct is refused, and the study goes on waiting", async () => {
  const clinician = await desk.box.client("clinician");
  const study = "2.25.770104";
  const files = [{ name: "a", bytes: madeBytes({ study, sop: `${study}.1` }) }];
  const upload = await clinician.send(files, { expected_studies: [{ study_instance_uid: study, patient_id: "ELSE" }] });
  const path = `/upload/${upload.upload_id}/studies/${study}/confirm`;
  const corrections = { reason: "mine", patient_id: "X" };
  expect((await clinician.request("POST", path, { body: { corrections } })).status).toBe(403);
  expect((await clinician.status(upload.upload_id)).state).toBe("needs_confirmation");
  const admin = await desk.box.client("admin");
  const wrong = await admin.request("POST", path, { body: { corrections: { ...corrections, patient_id: "A\\B" } } });
  expect([wrong.status, ((await wrong.json()) as { code: string }).code]).toEqual([422, "image_identity_unfit"]);
  expect((await admin.request("POST", path, { body: { corrections } })).status).toBe(200);
});

test("a digital signature over what is to be corrected is not broken: the study goes on waiting, and goes as it is", async () => {
  const study = "2.25.770105";
  // MAC Parameters Sequence with one item: Data Elements Signed (0400,0020) names Patient ID (PS3.3 C.12.1.1.3.1.1).
  const signed = Buffer.from("feff00e00c00000000042000415404001000".concat("2000"), "hex").toString("latin1");
  const bytes = Buffer.from(madeBytes({ study, sop: `${study}.1`, more: [[0x4ffe, 0x0001, "SQ", signed]] }));
  const upload = await desk.send([{ name: "a", bytes }], {
    expected_studies: [{ study_instance_uid: study, patient_id: "ELSE" }],
  });
  const refused = await desk.ask(upload, study, "confirm", { corrections: { reason: "typo", patient_id: "B" } });
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([422, "correction_signed"]);
  const done = await desk.decide(upload, study, "confirm", { corrections: { reason: "typo", patient_name: "B^C" } });
  expect(done.state).toBe("delivered");
  const [only] = desk.arrived(study);
  expect([only?.bytes.includes("B^C"), only?.bytes.includes("MADE")]).toEqual([true, true]);
});
