import { catalogueOf, type ErrorCode } from "../contract/errors.ts";
import { encapsulatePdf } from "../dicom/encapsulated-pdf.ts";
import type { NotesContext } from "../dicom/note-context.ts";
import { notesAsPdf, notesDocument } from "../dicom/notes-pdf.ts";
import { notesAsTextSr } from "../dicom/text-sr.ts";

/**
 * The clinical notes as one DICOM object in the form a destination takes. Notes that no embedded font can draw go as an
 * SR to everybody, and that is told: nothing of them is lost.
 */
export async function notesObject(
  form: "sr" | "pdf",
  context: NotesContext,
  tell: (code: ErrorCode, message: string) => void,
): Promise<Uint8Array> {
  if (form === "sr") return notesAsTextSr(context);
  const { pdf } = await notesAsPdf(context);
  if (pdf !== null) return encapsulatePdf(pdf, context, notesDocument);
  tell("notes_pdf_unreadable", catalogueOf("notes_pdf_unreadable").cause);
  return notesAsTextSr(context);
}
