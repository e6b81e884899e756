import { describe, expect, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encapsulatePdf } from "./encapsulated-pdf.ts";
import { accepted, warnings } from "./inspect-made.ts";
import type { NotesContext } from "./note-context.ts";
import { bareNotes, faultsOf, inFolder, installed, madeNotes } from "./note-made.ts";
import { notesAsPdf, notesDocument, pageOf, shownName } from "./notes-pdf.ts";
import { UnwritableValue } from "./write-values.ts";

async function pages(context: NotesContext): Promise<Uint8Array> {
  const { pdf, unreadable } = await notesAsPdf(context);
  if (pdf === null) throw new Error(`not drawn: ${unreadable}`);
  return pdf;
}

/** What a program of poppler-utils says of the pages. */
const read = (pdf: Uint8Array, program: string, ...flags: readonly string[]): Promise<string> =>
  inFolder(async (folder) => {
    const path = join(folder, "notes.pdf");
    await writeFile(path, pdf);
    return Bun.spawnSync([program, ...flags, path, ...(program === "pdftotext" ? ["-"] : [])]).stdout.toString();
  });

describe("notesAsPdf", () => {
  test("blank notes make no pages", async () => {
    await expect(notesAsPdf({ ...madeNotes, notes: "\n\u0000 " })).rejects.toThrow(UnwritableValue);
  });
  test("what cannot be drawn is told, and nothing is left out silently", async () => {
    expect(await notesAsPdf({ ...madeNotes, notes: "Blutung? 🚑 ไ" })).toEqual({ pdf: null, unreadable: ["🚑", "ไ"] });
  });
  test("in the patient's name as well", async () => {
    const named = { ...madeNotes, patient: { ...madeNotes.patient, name: "ส^ม" } };
    expect(await notesAsPdf(named)).toEqual({ pdf: null, unreadable: ["ส", "ม"] });
  });
  test("control characters do not keep notes from being drawn", async () => {
    const { pdf } = await notesAsPdf({ ...madeNotes, notes: "a\u0007b\tc", author: "A\u0000B" });
    expect(pdf).not.toBeNull();
  });
  test("hangul and kana in parts are drawn", async () => {
    const parts = "두통 がぎ".normalize("NFD");
    const patient = { ...madeNotes.patient, name: `Kim=${parts}` };
    expect((await notesAsPdf({ ...madeNotes, patient, notes: parts })).unreadable).toEqual([]);
  });
  test("inspect takes the pages in the study, without a warning", async () => {
    const found = await accepted(encapsulatePdf(await pages(madeNotes), madeNotes, notesDocument));
    expect(found).toMatchObject({ seriesNumber: "990", seriesDescription: "Clinical notes", modality: "DOC" });
    expect(warnings(found)).toEqual([]);
  });
});

describe("what the pages say", () => {
  const fields = (context: NotesContext) => Object.fromEntries(pageOf(context, "x").fields);
  test("all that is known", () => {
    expect(fields(madeNotes)).toMatchObject({
      Patient: "Müller, Jürgen (山田 太郎)  ·  born 1970-01-31  ·  male  ·  ID P-1",
      Study: "CT Schädel  ·  2025-01-02 10:15  ·  accession A-1",
      "Referring physician": "Beispiel, Dr. Anna",
      "Written by": "Dr. Anna Beispiel",
      Sent: expect.stringMatching(/^2025-01-02 11:30 \(UTC[+−]\d\d:\d\d\)$/),
      Priority: "STAT",
    });
    expect(pageOf(madeNotes, "x").footer).toBe("Müller, Jürgen (山田 太郎)  ·  ID P-1");
  });
  test("and what is not", () => {
    const { Patient, Study, "Written by": author } = fields(bareNotes);
    expect([Patient, Study, author]).toEqual(["not given", "not given", "not given"]);
  });
  test("STAT catches the eye, routine does not", () => {
    expect(pageOf(madeNotes, "x").urgent).toBe("STAT");
    expect(pageOf({ ...madeNotes, serviceLevel: "routine" }, "x").urgent).toBeNull();
  });
  const names = [
    ["", ""],
    ["^^", ""],
    ["DOE^JANE", "DOE, JANE"],
    ["Doe", "Doe"],
    ["^Jane", "Jane"],
    ["Doe^Jane^M^Dr.^MD", "Doe, Dr. Jane M MD"],
    ["Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada, Tarou (山田 太郎, やまだ たろう)"],
    ["=山田^太郎", "山田 太郎"],
  ] as const;
  for (const [name, shown] of names) test(`the name ${name}`, () => expect(shownName(name)).toBe(shown));
});

if (installed("pdftotext")) {
  const paragraph = "Sturz aus 2 m Höhe, Übelkeit ≤ 2 h; Κλινικές πληροφορίες, падение с высоты, 転倒後の頭痛。";
  describe("poppler reads the pages", () => {
    test("text of all scripts from left to right", async () => {
      const said = await read(await pages({ ...madeNotes, notes: paragraph }), "pdftotext", "-layout");
      const plain = (text: string) => text.replace(/\s/g, "");
      expect(plain(said)).toContain(plain(paragraph));
      for (const word of [
        "Clinical notes",
        "STAT",
        "Müller, Jürgen",
        "CT Schädel",
        "Dr. Anna Beispiel",
        "Page 1 of 1",
      ]) {
        expect(said).toContain(word);
      }
    });
    test("64 kB, every line of it, with the patient and the number on every page", async () => {
      const notes = Array.from({ length: 1500 }, (_, i) => `Zeile ${i} ${"Verlauf ".repeat(i % 8)}`.trim()).join("\n");
      const said = await read(await pages({ ...madeNotes, notes: notes.slice(0, 65_536) }), "pdftotext", "-layout");
      for (let i = 0; i < 1500; i++) expect(said).toMatch(new RegExp(`Zeile ${i}\\b`));
      const sheets = said.split("\f").slice(0, -1);
      expect(sheets.length).toBeGreaterThan(30);
      sheets.forEach((sheet, index) => {
        expect(sheet).toMatch(new RegExp(`ID P-1.*Page ${index + 1} of ${sheets.length}\\s*$`));
      });
    });
    test("a name too long for the footer is cut there alone, and that is seen", async () => {
      const name = "Abcdefghi ".repeat(20).trim();
      const said = await read(
        await pages({ ...madeNotes, patient: { ...madeNotes.patient, name } }),
        "pdftotext",
        "-raw",
      );
      expect(said.match(/Abcdefghi/g)?.length).toBeGreaterThan(20);
      expect(said).toContain("Abcdefghi …");
    });
    test("every font is embedded", async () => {
      const notes = `${paragraph} 두통 头痛 頭痛 مرحبا שלום ☐`;
      const rows = (await read(await pages({ ...madeNotes, notes }), "pdffonts")).trim().split("\n").slice(2);
      expect(rows.length).toBeGreaterThan(7);
      for (const row of rows) expect(row).toMatch(/CID TrueType +Identity-H +yes yes yes/);
    });
  });
}

if (installed("dciodvfy")) {
  test("dciodvfy finds no error in the encapsulated pages", async () => {
    expect(await faultsOf(encapsulatePdf(await pages(madeNotes), madeNotes, notesDocument))).toEqual([]);
    expect(await faultsOf(encapsulatePdf(await pages(bareNotes), bareNotes, notesDocument))).toEqual([]);
  });
}

if (installed("dcm2pdf")) {
  test("dcm2pdf gives the same pages back", () =>
    inFolder(async (folder) => {
      const pdf = await pages(madeNotes);
      const [object, back] = [join(folder, "a.dcm"), join(folder, "a.pdf")];
      await writeFile(object, encapsulatePdf(pdf, madeNotes, notesDocument));
      expect(Bun.spawnSync(["dcm2pdf", object, back]).exitCode).toBe(0);
      expect((await readFile(back)).equals(pdf)).toBe(true);
    }));
}
