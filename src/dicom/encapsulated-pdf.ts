import { type FileHandle, open, rm } from "node:fs/promises";
import { catalogueOf } from "../contract/errors.ts";
import { RelayError } from "../core/errors.ts";
import { commonModules, type DocumentContext, seriesNumbers } from "./note-context.ts";
import { elementsOf, type NewDataSet } from "./write-elements.ts";
import { part10Pieces } from "./write-part10.ts";
import { fitted, UnwritableValue } from "./write-values.ts";

/** Encapsulated PDF Storage (PS3.4 B.5). */
export const encapsulatedPDF = "1.2.840.10008.5.1.4.1.1.104.1";
const explicitLE = "1.2.840.10008.1.2.1";

/** What the document is. */
export interface DocumentKind {
  /** For people; of a file that was sent, its name. */
  readonly title: string;
  /** The title as a code, where there is one. */
  readonly concept?: NewDataSet;
  readonly seriesNumber?: number;
}

/** Readers look for the header in the first and for the end mark in the last kilobyte (ISO 32000-1, annex H). */
const markWithin = 1024;
const pieceSize = 1_048_576;

/**
 * A PDF in memory as an Encapsulated PDF (PS3.3 A.45.1).
 * @throws RelayError pdf_invalid, pdf_truncated; UnwritableValue where a UID is none
 */
export function encapsulatePdf(pdf: Uint8Array, context: DocumentContext, kind: DocumentKind): Uint8Array {
  checkMarks(pdf.subarray(0, markWithin), pdf.subarray(-markWithin));
  const { before, after } = around(context, kind, pdf.length);
  return new Uint8Array(Buffer.concat([...before, pdf, ...after]));
}

/**
 * The same from file to file, a megabyte at a time. The new file is not synced; where this throws, there is none.
 * @param into does not exist yet
 * @throws as encapsulatePdf; the error of the operating system where a file cannot be read or written
 */
export async function encapsulatePdfFile(
  path: string,
  into: string,
  context: DocumentContext,
  kind: DocumentKind,
): Promise<void> {
  const source = await open(path, "r");
  try {
    const { size } = await source.stat();
    checkMarks(await bytesAt(source, 0, markWithin), await bytesAt(source, Math.max(0, size - markWithin), markWithin));
    const { before, after } = around(context, kind, size);
    const target = await open(into, "wx", 0o600);
    try {
      for (const piece of before) await target.writeFile(piece);
      await copy(source, target, size);
      for (const piece of after) await target.writeFile(piece);
    } catch (error) {
      await rm(into, { force: true });
      throw error;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

function checkMarks(start: Uint8Array, end: Uint8Array): void {
  if (!Buffer.from(start).includes("%PDF-")) throw refused("pdf_invalid");
  // ISO 32000-1 7.5.5: the last line of the file.
  if (!Buffer.from(end).includes("%%EOF")) throw refused("pdf_truncated");
}
const refused = (code: "pdf_invalid" | "pdf_truncated") => new RelayError(code, catalogueOf(code).cause);

/** What stands in the object before a document of so many bytes, and behind it. @throws UnwritableValue */
function around(context: DocumentContext, kind: DocumentKind, length: number) {
  // PS3.5 7.1.1: FFFFFFFFH is no length, and a length is even.
  if (length > 0xfffffffe) throw new UnwritableValue("EncapsulatedDocument", "it has too many bytes");
  const pad = new Uint8Array(length % 2);
  const { text: title } = fitted("DocumentTitle", kind.title.replace(/\p{Cc}/gu, " "));
  const before = part10Pieces({
    sopClassUID: encapsulatedPDF,
    sopInstanceUID: context.sopInstanceUID,
    transferSyntaxUID: explicitLE,
    dataSet: {
      ...commonModules(context),
      // Encapsulated Document Series (PS3.3 C.24.1)
      Modality: "DOC",
      SeriesNumber: kind.seriesNumber ?? seriesNumbers.document,
      SeriesDescription: fitted("SeriesDescription", title).text,
      // SC Equipment (PS3.3 C.8.6.1): made on a workstation.
      ConversionType: "WSD",
      // Encapsulated Document (PS3.3 C.24.2). Whether the pages name the patient cannot be told: YES is the safe answer.
      AcquisitionDateTime: "",
      BurnedInAnnotation: "YES",
      DocumentTitle: title,
      ConceptNameCodeSequence: kind.concept === undefined ? [] : [kind.concept],
      EncapsulatedDocument: { following: length + pad.length },
    },
  });
  const behind = { MIMETypeOfEncapsulatedDocument: "application/pdf", EncapsulatedDocumentLength: length };
  return { before, after: [pad, ...elementsOf(behind)] };
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}

/** @throws Error where the source is shorter than it was; the stated length would be wrong */
async function copy(source: FileHandle, target: FileHandle, size: number): Promise<void> {
  const piece = new Uint8Array(pieceSize);
  for (let done = 0; done < size; ) {
    const { bytesRead } = await source.read(piece, 0, Math.min(pieceSize, size - done), done);
    if (bytesRead === 0) throw new Error("the document became shorter while it was read");
    await target.writeFile(piece.subarray(0, bytesRead));
    done += bytesRead;
  }
}
