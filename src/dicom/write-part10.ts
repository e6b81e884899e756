import { writeHead } from "./file-meta.ts";
import { elementsOf, type NewDataSet } from "./write-elements.ts";

/** A new object: its identity and what it says. */
export interface NewPart10 {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  /** Explicit VR Little Endian or an encapsulated one; the data set is written in Explicit VR Little Endian. */
  readonly transferSyntaxUID: string;
  readonly dataSet: Omit<NewDataSet, "SOPClassUID" | "SOPInstanceUID">;
}

/**
 * A Part 10 file (PS3.10 7.1) of a new object, text in UTF-8 (ISO_IR 192). Nothing is cut: what does not fit its VR is
 * refused; `fitted` of write-values.ts shortens descriptions beforehand and tells it.
 * @throws UnwritableValue names the attribute, never the value
 */
export const writePart10 = (file: NewPart10): Uint8Array => new Uint8Array(Buffer.concat(part10Pieces(file)));

/** The same in pieces that follow each other, so that pixel data is written out without another copy of it. */
export function part10Pieces(file: NewPart10): Uint8Array[] {
  const { sopClassUID, sopInstanceUID, transferSyntaxUID } = file;
  const common = { SpecificCharacterSet: "ISO_IR 192", SOPClassUID: sopClassUID, SOPInstanceUID: sopInstanceUID };
  return [writeHead(sopClassUID, sopInstanceUID, transferSyntaxUID), ...elementsOf({ ...file.dataSet, ...common })];
}
