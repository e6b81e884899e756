import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type OrthancServer, orthancProgram, startOrthanc } from "../../test/support/orthanc.ts";
import { accepted, warnings } from "./inspect-made.ts";
import { cutFields, type NotesContext, plainNotes } from "./note-context.ts";
import { bareNotes, faultsOf, installed, madeNotes, saidOf } from "./note-made.ts";
import { basicTextSR, notesAsTextSr } from "./text-sr.ts";
import { UnwritableValue } from "./write-values.ts";

const withNotes = (notes: string): NotesContext => ({ ...madeNotes, notes });
const sr = (context: NotesContext): Uint8Array => notesAsTextSr(context);
const holds = (bytes: Uint8Array, text: string): boolean => Buffer.from(bytes).includes(Buffer.from(text, "utf8"));

const longest = "ä🚑\n".repeat(9362).slice(0, -1);
const scripts: readonly (readonly [string, string])[] = [
  ["a short text", "Blutung?"],
  ["64 kB", longest],
  ["emoji of several code points", "👩🏽‍⚕️ 🇩🇪"],
  ["right to left with numbers", "سقوط من ارتفاع 2 m (CT)\nשלום"],
  ["East Asian", "転倒後の頭痛。出血は? 두통 头痛 頭痛"],
  ["backslashes and carets", "a\\b^c=d"],
  ["indented lines and blank ones", "  a\n\n\n   b"],
];

test("64 kB are 64 kB", () => expect(Buffer.byteLength(longest)).toBeWithin(65_500, 65_537));

describe("the notes stand in the object as they are", () => {
  for (const [name, notes] of scripts) {
    test(name, () => {
      expect(plainNotes(notes)).toBe(notes);
      expect(holds(sr(withNotes(notes)), notes)).toBe(true);
    });
  }
});

describe("plainNotes", () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ["line breaks of all systems become LF", "a\r\nb\rc\u2028d\u0085e\ff", "a\nb\nc\nd\ne\nf"],
    ["a tab parts words", "a\tb", "a b"],
    ["other control characters go", "a\u0000b\u001bc\u009fd\u007f", "abcd"],
    ["half a surrogate pair is told", "a\ud83d", "a\ufffd"],
    ["blanks at the end go", "a \n\n ", "a"],
    ["nothing stays nothing", " \r\n\u0007", ""],
  ];
  for (const [name, from, to] of rows) test(name, () => expect(plainNotes(from)).toBe(to));
});

test("blank notes make no object", () => {
  expect(() => sr(withNotes(" \n\u0000"))).toThrow(UnwritableValue);
});

describe("inspect takes it", () => {
  test("with all fields, without a warning", async () => {
    const { patient, study } = madeNotes;
    const found = await accepted(sr(madeNotes));
    expect(found).toMatchObject({
      sopClassUID: basicTextSR,
      sopInstanceUID: madeNotes.sopInstanceUID,
      seriesInstanceUID: madeNotes.seriesInstanceUID,
      studyInstanceUID: study.studyInstanceUID,
      head: null,
      patientName: patient.name,
      patientID: patient.id,
      patientBirthDate: patient.birthDate,
      patientSex: patient.sex,
      studyDate: study.date,
      studyTime: study.time,
      studyDescription: study.description,
      studyID: study.id,
      accessionNumber: study.accessionNumber,
      referringPhysicianName: study.referringPhysicianName,
      modality: "SR",
      seriesNumber: "990",
      instanceNumber: "1",
    });
    expect(warnings(found)).toEqual([]);
  });
  test("without a patient, telling just that", async () => {
    expect(warnings(await accepted(sr(bareNotes)))).toEqual(["patient_missing"]);
  });
});

describe("what the images have and DICOM does not allow", () => {
  const { patient, study } = madeNotes;
  const odd: NotesContext = {
    ...madeNotes,
    patient: { name: `${"山".repeat(70)}^x=ab\\c=d=e`, id: "🚑".repeat(65), birthDate: "1970.01.31", sex: "W" },
    study: { ...study, date: "02/01/2025", time: "10:15", id: "x".repeat(17), description: "left\\right\u0007" },
  };
  test("is cut between characters, or left out", async () => {
    const found = await accepted(sr(odd));
    expect(found).toMatchObject({
      patientName: `${"山".repeat(64)}=ab/c=d`,
      patientID: "🚑".repeat(64),
      patientBirthDate: "19700131",
      patientSex: "",
      studyDate: "",
      studyTime: "",
      studyID: "x".repeat(16),
      studyDescription: "left/right",
    });
    expect(warnings(found)).toEqual([]);
  });
  test("is told", () => {
    expect(cutFields(odd).toSorted()).toEqual(["PatientID", "PatientName", "StudyID"]);
    expect(cutFields({ ...madeNotes, patient })).toEqual([]);
  });
});

test("a display name is one component, without an author there is no observer", () => {
  expect(holds(sr({ ...madeNotes, author: "A^B=C\\D" }), "A B C/D")).toBe(true);
  expect(holds(sr({ ...madeNotes, author: " " }), "Person Observer Name")).toBe(false);
});

test("the service level is in words", () => {
  expect(holds(sr(madeNotes), "STAT")).toBe(true);
  const routine = sr({ ...madeNotes, serviceLevel: "routine" });
  expect([holds(routine, "Routine"), holds(routine, "STAT")]).toEqual([true, false]);
});

if (installed("dciodvfy")) {
  describe("dciodvfy finds no error", () => {
    for (const [name, notes] of scripts) {
      test(name, async () => expect(await faultsOf(sr(withNotes(notes)))).toEqual([]));
    }
    test("nothing known", async () => expect(await faultsOf(sr(bareNotes))).toEqual([]));
  });
}

if (installed("dsrdump")) {
  // +Pl prints long texts whole, +U8 in UTF-8.
  const dumped = (context: NotesContext) => saidOf(sr(context), "dsrdump", "+Pl");
  describe("dsrdump prints it whole", () => {
    test("title, author, urgency, text", async () => {
      const said = await dumped(withNotes("Blutung? 🚑 שלום"));
      expect(said).toContain('"Requested imaging studies information")=SEPARATE>');
      expect(said).toContain('"Person Observer Name")="Dr. Anna Beispiel">');
      expect(said).toContain('"Priority")="STAT">');
      expect(said).toContain('"Comment")="Blutung? 🚑 שלום">');
      expect(said).toContain("Verification Flag   : UNVERIFIED");
    });
    test("64 kB", async () => {
      const said = await dumped(withNotes(longest));
      expect(said).toContain(longest.replaceAll("\n", "\\n"));
    });
  });
}

if (orthancProgram !== null) {
  describe("a real Orthanc", () => {
    let orthanc: OrthancServer;
    beforeAll(async () => {
      orthanc = await startOrthanc();
    });
    afterAll(() => orthanc.stop());

    for (const [name, notes] of scripts) {
      test(`stores it and gives the text back byte for byte: ${name}`, async () => {
        const stored = await fetch(`${orthanc.url}/instances`, {
          method: "POST",
          body: new Uint8Array(sr(withNotes(notes))),
        });
        expect(stored.status).toBe(200);
        const { ID }: { ID: string } = await stored.json();
        const item = `${orthanc.url}/instances/${ID}/content/0040-a730/3/0040-a160`;
        const text = Buffer.from(await (await fetch(item)).bytes()).toString("utf8");
        expect(text.replace(/ $/, "")).toBe(notes);
        await orthanc.clear();
      });
    }
  });
}
