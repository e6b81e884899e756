import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { madeJpeg } from "../../src/dicom/image-made.ts";
import { description, element, head, pixelHeader, secondaryCapture } from "../../src/dicom/made-bytes.ts";
import type { SendFile } from "../support/client.ts";
import { elementText } from "../support/dicom-file.ts";
import { type Desk, openDesk } from "./desk.ts";
import { sendAsked } from "./hashed.ts";

setDefaultTimeout(30_000);
let desk: Desk;
let files: SendFile[] = [];
beforeAll(async () => {
  desk = await openDesk();
  files = [
    { name: "hand.jpg", bytes: await madeJpeg(64, 48) },
    { name: "letter.pdf", bytes: Buffer.from("%PDF-1.4\ntrailer<</Root 1 0 R>>\n%%EOF\n") },
  ];
});
afterAll(() => desk.stop());

/** Type 1 and 2 attributes of patient and study (PS3.3 C.7.1.1, C.7.2.1), as the images have them. */
const own = {
  studyDate: [0x00080020, "DA", "20240229"],
  studyTime: [0x00080030, "TM", "235959.123456"],
  accessionNumber: [0x00080050, "SH", "A-Ä/17"],
  referringPhysicianName: [0x00080090, "PN", "Überweiser^Jörg^^Dr."],
  patientName: [0x00100010, "PN", "Müller^Jürgen"],
  patientID: [0x00100020, "LO", "P-ß 9"],
  patientBirthDate: [0x00100030, "DA", "19700131"],
  patientSex: [0x00100040, "CS", "M"],
  studyID: [0x00200010, "SH", "S-ÿ"],
} as const;

/** Written in ISO_IR 100; the first instance leaves the referring physician empty, the second says it. */
function study(uid: string): SendFile[] {
  return [1, 2].map((n) => {
    const latin1 = (text: string) => Buffer.from(text.length % 2 === 0 ? text : `${text} `, "latin1");
    const texts = Object.values(own).map(([tag, vr, text]): readonly [number, Buffer] => [
      tag,
      element(tag, vr, n === 1 && tag === own.referringPhysicianName[0] ? "" : latin1(text)),
    ]);
    const uids = {
      524293: ["CS", "ISO_IR 100"],
      524310: ["UI", secondaryCapture],
      524312: ["UI", `${uid}.1.${n}`],
      524384: ["CS", "OT"],
      2097165: ["UI", uid],
      2097166: ["UI", `${uid}.1`],
    } as const;
    const rest = Object.entries(uids).map(
      ([tag, [vr, text]]) => [Number(tag), element(Number(tag), vr, text)] as const,
    );
    const elements = [...texts, ...rest].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
    const pixels = [description(4, 4), pixelHeader(32), Buffer.alloc(32)];
    return { name: `IM${n}`, bytes: Buffer.concat([head(), ...elements, ...pixels]) };
  });
}

const notes = { study_metadata: { clinical_notes: "Sturz", patient_name: "Somebody^Else", study_date: "20200101" } };

/** Go with the files of the upload that brought them (P13), and may be empty in what joins the study later (Type 2). */
const gone = ["studyTime", "referringPhysicianName", "studyID"];

function expectJoined(uid: string, empty: readonly string[] = []): void {
  const made = desk.arrived(uid).filter(({ sopInstanceUID }) => !sopInstanceUID.startsWith(uid));
  expect(new Set(made.map(({ sopClassUID }) => sopClassUID)).size).toBe(3);
  for (const { bytes } of made) {
    expect(elementText(bytes, 0x00080005)).toBe("ISO_IR 192");
    for (const [name, [tag, , text]] of Object.entries(own))
      expect([name, elementText(bytes, tag)]).toEqual([name, empty.includes(name) ? "" : text]);
  }
}

test("what is made at once has the study's own attributes, each character of them", async () => {
  const sent = study("2.25.76301");
  expect((await desk.send([...sent, ...files], notes)).state).toBe("delivered");
  expectJoined("2.25.76301");
});

test("what is made when a person confirms has them too", async () => {
  const sent = study("2.25.76302");
  const waiting = await desk.send([...sent, ...files], { ...notes, expected_studies: [] });
  expect(waiting.state).toBe("needs_confirmation");
  const body = { patient_name: "Somebody^Else", patient_id: "X" };
  expect((await desk.decide(waiting, "2.25.76302", "confirm", body)).state).toBe("delivered");
  expectJoined("2.25.76302");
});

test("and what joins it later, when its images need not come again, has what the box may still know", async () => {
  const sent = study("2.25.76303");
  await sendAsked(desk.sender, sent);
  expect((await sendAsked(desk.sender, [...sent, ...files], notes)).state).toBe("delivered");
  expectJoined("2.25.76303", gone);
});
