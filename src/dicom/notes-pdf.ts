import type { DocumentKind } from "./encapsulated-pdf.ts";
import { type NotesContext, notesTitle, plainNotes, seriesNumbers } from "./note-context.ts";
import type { NotePage } from "./notes-page.ts";
import { UnwritableValue } from "./write-values.ts";

/** For `encapsulatePdf`. */
export const notesDocument: DocumentKind = {
  title: "Clinical notes",
  concept: notesTitle,
  seriesNumber: seriesNumbers.notes,
};

/** The pages; or none, because no font here draws these characters, each named once. */
export type NotesPdf =
  | { readonly pdf: Uint8Array; readonly unreadable: readonly [] }
  | { readonly pdf: null; readonly unreadable: readonly string[] };

/**
 * The clinical notes of a study on A4 pages: patient, study, who wrote them when, how urgent, and the text, whole.
 * Latin, Greek, Cyrillic, Arabic, Hebrew, Japanese, Korean and Chinese are drawn by embedded fonts. Nothing is left out: of
 * notes with a character that cannot be drawn there are no pages (`notes_pdf_unreadable`), and they go as an SR.
 * @throws UnwritableValue where the notes are blank ({@link plainNotes})
 */
export async function notesAsPdf(context: NotesContext): Promise<NotesPdf> {
  const notes = plainNotes(context.notes);
  if (notes === "") throw new UnwritableValue("EncapsulatedDocument", "it is empty");
  const { pagesOf } = await import("./notes-page.ts"); // with its libraries, which are large
  // Composed: fonts have hangul by the syllable, and some systems write them in parts.
  return pagesOf(pageOf(context, notes.normalize("NFC")));
}

/** What the pages say, in words. Absent fields are told, so that nobody looks for them. */
export function pageOf(context: NotesContext, notes: string): NotePage {
  const { patient, study, now } = context;
  return {
    title: "Clinical notes",
    urgent: context.serviceLevel === "stat" ? "STAT" : null,
    fields: [
      [
        "Patient",
        listed(
          shownName(patient.name),
          shownDate("born", patient.birthDate),
          sexes[patient.sex],
          named("ID", patient.id),
        ),
      ],
      ["Study", listed(line(study.description), shownStudyTime(study), named("accession", study.accessionNumber))],
      ["Referring physician", listed(shownName(study.referringPhysicianName))],
      ["Written by", listed(line(context.author))],
      ["Sent", `${isoDate(now)} ${clock(now)} (UTC${offset(now)})`],
      ["Priority", context.serviceLevel === "stat" ? "STAT" : "Routine"],
    ],
    notes,
    footer: listed(shownName(patient.name), named("ID", patient.id)),
    site: line(context.siteName),
    made: now,
  };
}

const absent = "not given";
const listed = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== "").join("  ·  ") || absent;

/** One line without control characters. */
const line = (text: string): string =>
  text
    .normalize("NFC")
    .toWellFormed()
    .replace(/\p{Cc}/gu, " ")
    .replace(/ +/g, " ")
    .trim();
const named = (name: string, value: string): string => (line(value) === "" ? "" : `${name} ${line(value)}`);
const sexes: Readonly<Record<string, string>> = { F: "female", M: "male", O: "other sex" };

/** PS3.5 6.2.1: family^given^middle^prefix^suffix in up to three scripts. */
export function shownName(name: string): string {
  const groups = line(name)
    .split("=")
    .map((group, index) => {
      const parts = group.split("^").map((part) => part.trim());
      const [family = "", given = "", middle = "", prefix = "", suffix = ""] = parts;
      const rest = [prefix, given, middle, suffix].filter((part) => part !== "").join(" ");
      // Ideographic and phonetic names have no comma.
      return [family, rest].filter((part) => part !== "").join(index === 0 ? ", " : " ");
    });
  const [first = "", ...others] = groups.filter((group) => group !== "");
  return others.length === 0 ? first : `${first} (${others.join(", ")})`;
}

function shownDate(word: string, date: string): string {
  const [, year, month, day] = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(date) ?? [];
  if (year !== undefined) return `${word} ${year}-${month}-${day}`.trim();
  return named(word, date);
}

function shownStudyTime({ date, time }: NotesContext["study"]): string {
  const [, hour, minute] = /^(\d\d)(\d\d)/.exec(time) ?? [];
  return [shownDate("", date), hour === undefined ? "" : `${hour}:${minute}`].filter((part) => part !== "").join(" ");
}

const two = (value: number): string => String(value).padStart(2, "0");
const isoDate = (time: Date): string => `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
const clock = (time: Date): string => `${two(time.getHours())}:${two(time.getMinutes())}`;
function offset(time: Date): string {
  const minutes = Math.abs(time.getTimezoneOffset());
  return `${time.getTimezoneOffset() > 0 ? "−" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
