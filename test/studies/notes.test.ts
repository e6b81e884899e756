import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { program } from "../support/child.ts";
import type { SendFile } from "../support/client.ts";
import { dciodvfyErrors } from "../support/dciodvfy.ts";
import { elementText } from "../support/dicom-file.ts";
import { madeBytes } from "../support/made-instance.ts";
import { type Arrived, codesOf, type Desk, folderDestination, madeClasses, openDesk } from "./desk.ts";

setDefaultTimeout(30_000);
let desk: Desk;
beforeAll(async () => {
  const forms = ["sr", "pdf", "none"].map((form) => folderDestination(form, `notes_as = "${form}"`));
  desk = await openDesk([folderDestination("plain"), ...forms].join(""));
});
afterAll(() => desk.stop());

let serial = 0;
function study(): SendFile & { uid: string } {
  serial += 1;
  const uid = `2.25.7300${serial}`;
  return { uid, name: `IM${serial}`, bytes: madeBytes({ study: uid, series: `${uid}.1`, sop: `${uid}.1.1` }) };
}
const notesTo = (clinicalNotes: string, ...destinations: string[]) => ({
  study_metadata: { clinical_notes: clinicalNotes, destination_ids: destinations },
});
const isNote = ({ sopClassUID }: Arrived) =>
  sopClassUID === madeClasses.textSR || sopClassUID === madeClasses.encapsulatedPDF;
const notesAt = (uid: string, destination = "plain") => desk.arrived(uid, destination).filter(isNote);

const dsrdump = program("dsrdump");
/** What DCMTK reads out of a structured report. */
function dumped(bytes: Uint8Array): string {
  const path = join(desk.box.dataDir, "..", "note.dcm");
  writeFileSync(path, bytes);
  return Bun.spawnSync([dsrdump ?? "", "-q", "+U8", "+Pl", "-Ph", path]).stdout.toString();
}
const oneText = 0x0040a160;

describe("the notes of one study", () => {
  test("an SR beside it: one more to deliver, but not one more image", async () => {
    const image = study();
    const status = await desk.send([image], notesTo("Sturz von der Leiter, Fraktur?", "plain"));
    expect(status).toMatchObject({
      state: "delivered",
      warnings: [],
      studies: [{ instance_count: 1, deliveries: [{ delivered_instances: 2, total_instances: 2 }] }],
    });
    const [note] = notesAt(image.uid);
    expect(note?.sopClassUID).toBe(madeClasses.textSR);
    expect(note?.seriesInstanceUID).not.toBe(`${image.uid}.1`);
    const said = [0x00100010, 0x00100020].map((tag) => elementText(note?.bytes ?? Buffer.alloc(0), tag));
    expect(said).toEqual(["Made^Up", "MADE"]);
  });

  test("each destination gets the form it takes, and its delivery counts so", async () => {
    const image = study();
    const status = await desk.send([image], notesTo("Grüße", "sr", "pdf", "none"));
    expect(status).toMatchObject({ state: "delivered", studies: [{ instance_count: 1 }] });
    const totals = status.studies[0]?.deliveries.map((one) => [one.destination_id, one.total_instances]);
    expect(totals?.sort()).toEqual([
      ["none", 1],
      ["pdf", 2],
      ["sr", 2],
    ]);
    const classes = ["sr", "pdf", "none"].map((id) => notesAt(image.uid, id).map(({ sopClassUID }) => sopClassUID));
    expect(classes).toEqual([[madeClasses.textSR], [madeClasses.encapsulatedPDF], []]);
    expect(["sr", "pdf", "none"].map((id) => desk.arrived(image.uid, id).length)).toEqual([2, 2, 1]);
    for (const id of ["sr", "pdf"])
      for (const { bytes } of notesAt(image.uid, id)) expect(dciodvfyErrors(bytes)).toEqual([]);
  });

  const exactly = "Ä".repeat(32_767);
  const texts: [string, string][] = [
    ["umlauts", "Äußerst müde; Größe 1,80 m – Blutung?"],
    ["Japanese", "頭部外傷、出血の疑い。\n至急お願いします。"],
    ["Arabic", "سقوط من السلم، كسر؟"],
    ["emoji", "🚑 Bitte schnell 👨‍👩‍👧 🇩🇪"],
    ["backslashes, carets and brackets", 'a\\b ^ = <b>"x"</b> &amp; %s'],
    ["64 kB exactly", `${exactly}x.`],
  ];
  for (const [what, text] of texts)
    test(`${what}: whole and as written`, async () => {
      const image = study();
      const status = await desk.send([image], notesTo(text, "plain"));
      expect([status.state, codesOf(status)]).toEqual(["delivered", []]);
      const [note] = notesAt(image.uid);
      expect(note?.bytes.includes(text)).toBe(true);
      expect(dciodvfyErrors(note?.bytes ?? Buffer.alloc(0))).toEqual([]);
      if (dsrdump !== null) {
        const shown = dumped(note?.bytes ?? Buffer.alloc(0)).replaceAll("\\n", "\n");
        for (const line of text.split("\n")) expect(shown).toContain(line);
      }
    });

  test("one byte more than 64 kB is refused, at the start and when confirming", async () => {
    const tooLong = `${exactly}xy.`;
    expect(Buffer.byteLength(tooLong)).toBe(65_537);
    const image = study();
    const body = { ...notesTo(tooLong), total_files: 1, total_size_bytes: 1 };
    const answer = await desk.sender.request("POST", "/upload/init", { body });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([422, "invalid_request"]);
    const waiting = await desk.send([image], { ...notesTo("", "plain"), expected_studies: [] });
    const confirmed = await desk.ask(waiting, image.uid, "confirm", { clinical_notes: tooLong });
    expect([confirmed.status, ((await confirmed.json()) as { code: string }).code]).toEqual([422, "invalid_request"]);
    expect((await desk.decide(waiting, image.uid, "confirm", { clinical_notes: `${exactly}x.` })).state).toBe(
      "delivered",
    );
    expect(notesAt(image.uid)).toHaveLength(1);
  });

  test("notes that no page can show go as an SR to all, and that is told once", async () => {
    const image = study();
    const status = await desk.send([image], notesTo("🚑 Sturz", "pdf"));
    expect([status.state, codesOf(status)]).toEqual(["delivered", ["notes_pdf_unreadable"]]);
    expect(status.warnings[0]?.message.match(/structured report/g)).toHaveLength(1);
    expect(notesAt(image.uid, "pdf").map(({ sopClassUID }) => sopClassUID)).toEqual([madeClasses.textSR]);
  });

  test("blank notes are none", async () => {
    const image = study();
    const status = await desk.send([image], notesTo(" \n\t ", "plain"));
    expect(status.studies[0]?.deliveries[0]?.total_instances).toBe(1);
    expect(elementText(desk.arrived(image.uid, "plain")[0]?.bytes ?? Buffer.alloc(0), oneText)).toBeNull();
  });
});

describe("the notes of several studies", () => {
  test("go with none, and that is told", async () => {
    const [one, two] = [study(), study()];
    const status = await desk.send([one, two], notesTo("Sturz", "plain"));
    expect([status.state, codesOf(status)]).toEqual(["delivered", ["notes_not_assigned"]]);
    expect([...notesAt(one.uid), ...notesAt(two.uid)]).toEqual([]);
  });

  test("go with the one that a person names, and the warning goes with it", async () => {
    const [one, two] = [study(), study()];
    const waiting = await desk.send([one, two], { ...notesTo("Sturz", "plain"), expected_studies: [] });
    expect(codesOf(waiting)).toEqual(["notes_not_assigned", "study_not_expected"]);
    const half = await desk.decide(waiting, one.uid, "confirm", { clinical_notes: "Sturz links" });
    expect(codesOf(half)).toEqual(["study_not_expected"]);
    const end = await desk.decide(waiting, two.uid, "confirm");
    expect([end.state, end.warnings]).toEqual(["delivered", []]);
    expect([notesAt(one.uid).length, notesAt(two.uid).length]).toEqual([1, 0]);
    expect(notesAt(one.uid)[0]?.bytes.includes("Sturz links")).toBe(true);
  });

  test("of a study that waits alone they go when it is confirmed; the person's own words win", async () => {
    for (const [body, text] of [
      [{}, "as sent"],
      [{ clinical_notes: "as corrected" }, "as corrected"],
    ] as const) {
      const image = study();
      const waiting = await desk.send([image], { ...notesTo("as sent", "plain"), expected_studies: [] });
      await desk.decide(waiting, image.uid, "confirm", body);
      expect(notesAt(image.uid).map(({ bytes }) => bytes.includes(text))).toEqual([true]);
    }
  });
});

for (const form of ["sr", "pdf", "none"] as const)
  test(`intake.notes_as = "${form}" holds where a destination says nothing`, async () => {
    const other = await openDesk(`[intake]\nnotes_as = "${form}"\n${folderDestination("received")}`);
    try {
      const image = study();
      const status = await other.send([image], { study_metadata: { clinical_notes: "Sturz" } });
      expect(status.state).toBe("delivered");
      const wanted = { sr: [madeClasses.textSR], pdf: [madeClasses.encapsulatedPDF], none: [] }[form];
      const notes = other.arrived(image.uid).filter(isNote);
      expect(notes.map(({ sopClassUID }): string => sopClassUID)).toEqual(wanted);
    } finally {
      await other.stop();
    }
  });
