import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { makeZip } from "../../src/intake/make-zip.fixture.ts";
import type { SendFile } from "../support/client.ts";
import { dciodvfyErrors } from "../support/dciodvfy.ts";
import { elementText } from "../support/dicom-file.ts";
import { madeBytes } from "../support/made-instance.ts";
import { codesOf, type Desk, madeClasses, openDesk } from "./desk.ts";

setDefaultTimeout(30_000);
let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk.stop());

const letter = Buffer.from("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n");
const pdf: SendFile = { name: "letter.pdf", bytes: letter };
const image = (uid: string): SendFile => ({ name: "IM1", bytes: madeBytes({ study: uid, sop: `${uid}.1` }) });

test("a PDF chosen for itself goes with the study, as it is", async () => {
  const status = await desk.send([image("2.25.7501"), pdf]);
  expect(status).toMatchObject({ state: "delivered", warnings: [], studies: [{ instance_count: 2 }] });
  const documents = desk.arrived("2.25.7501").filter(({ sopClassUID }) => sopClassUID === madeClasses.encapsulatedPDF);
  expect(documents).toHaveLength(1);
  for (const { bytes } of documents) {
    expect(bytes.includes(letter)).toBe(true);
    expect(elementText(bytes, 0x00100020)).toBe("MADE");
    expect(dciodvfyErrors(bytes)).toEqual([]);
  }
});

test("a PDF alone waits for a patient", async () => {
  const waiting = await desk.send([pdf]);
  expect([waiting.state, codesOf(waiting)]).toEqual(["needs_confirmation", ["metadata_required"]]);
  const uid = waiting.studies[0]?.study_instance_uid ?? "";
  const end = await desk.decide(waiting, uid, "confirm", { patient_id: "J-1", patient_name: "Doe^Jane" });
  expect([end.state, end.warnings]).toEqual(["delivered", []]);
  expect(desk.arrived(uid).map(({ bytes }) => elementText(bytes, 0x00100010))).toEqual(["Doe^Jane"]);
});

test("a PDF that was cut is refused in words, the study goes", async () => {
  const status = await desk.send([image("2.25.7502"), { name: "cut.pdf", bytes: letter.subarray(0, 40) }]);
  expect(status.state).toBe("partial");
  expect(status.warnings).toMatchObject([{ code: "pdf_truncated", file_name: "cut.pdf" }]);
  expect(desk.arrived("2.25.7502")).toHaveLength(1);
});

test("a PDF on a disc, in an archive or in a folder, is only counted", async () => {
  const { bytes } = image("2.25.7503");
  const members = [
    { name: "DICOM/IM1", data: bytes },
    { name: "HANDBUCH.PDF", data: letter },
  ];
  const archive = await desk.send([{ name: "disc.zip", bytes: makeZip(members) }]);
  const folder = await desk.send([image("2.25.7504"), { name: "disc/help/manual.pdf", bytes: letter }]);
  for (const status of [archive, folder]) {
    expect(status).toMatchObject({ state: "delivered", studies: [{ instance_count: 1 }] });
    expect(status.warnings).toMatchObject([{ code: "left_out" }]);
    expect(status.warnings[0]).not.toHaveProperty("file_name");
  }
  expect([...desk.arrived("2.25.7503"), ...desk.arrived("2.25.7504")]).toHaveLength(2);
});
