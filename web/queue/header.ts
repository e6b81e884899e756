import { type DataSet, parseDicom, readPart10Header } from "dicom-parser";
import { decodeText } from "./character-set.ts";
import { inflate } from "./inflate.ts";
import type { ReadHeader } from "./types.ts";

/** Series Instance UID: behind it nothing is read. */
const LAST_TAG = "x0020000e";
const IMPLICIT_LE = "1.2.840.10008.1.2";
const EXPLICIT_LE = "1.2.840.10008.1.2.1";
const DEFLATED = "1.2.840.10008.1.2.1.99";
const DICOMDIR = "1.2.840.10008.1.3.10";

export type HeaderRead =
  | { readonly kind: "header"; readonly header: ReadHeader }
  | { readonly kind: "dicomdir" | "short" | "broken" };

/**
 * Reads the fields that tell a study (PS3.3 C.7.1.1, C.7.2.1) from the front of a file.
 * @param bytes the first bytes of the file
 * @param whole whether that is all of it; otherwise more bytes can be asked for with `short`
 */
export async function readHeader(bytes: Uint8Array<ArrayBuffer>, whole: boolean): Promise<HeaderRead> {
  try {
    const ready = await inflated(bytes);
    const data = parse(ready.bytes, ready.syntax);
    if (data.string("x00020002") === DICOMDIR) return { kind: "dicomdir" };
    const header = fields(data);
    if (header.studyInstanceUID !== "" && data.elements[LAST_TAG] !== undefined) return { kind: "header", header };
    return { kind: whole ? "broken" : "short" };
  } catch {
    return { kind: whole ? "broken" : "short" };
  }
}

/** The parser throws what it has read so far together with the error, where the bytes end before the tag. */
function parse(bytes: Uint8Array, syntax: string | undefined): DataSet {
  const options = { untilTag: LAST_TAG, ...(syntax === undefined ? {} : { TransferSyntaxUID: syntax }) };
  try {
    return parseDicom(bytes, options);
  } catch (error) {
    const partial = (error as { dataSet?: DataSet } | null)?.dataSet;
    if (partial?.elements === undefined) throw error;
    return partial;
  }
}

function fields(data: DataSet): ReadHeader {
  const terms = (data.string("x00080005") ?? "").split("\\");
  const text = (tag: string) => {
    const element = data.elements[tag];
    if (element === undefined || element.length <= 0) return "";
    const bytes = data.byteArray.subarray(element.dataOffset, element.dataOffset + element.length);
    return decodeText(bytes, terms)
      .replace(/[\0 ]+$/, "")
      .trim();
  };
  const code = (tag: string) => (data.string(tag) ?? "").replace(/\0/g, "").trim();
  return {
    studyInstanceUID: code("x0020000d"),
    sopInstanceUID: code("x00080018"),
    seriesInstanceUID: code("x0020000e"),
    patientName: text("x00100010").replace(/=+$/, ""), // empty component groups at the end say nothing (PS3.5 6.2.1.1)
    patientID: text("x00100020"),
    patientBirthDate: code("x00100030"),
    patientSex: code("x00100040"),
    studyDate: code("x00080020"),
    studyDescription: text("x00081030"),
    modality: code("x00080060"),
    bodyPart: code("x00180015"),
  };
}

interface Ready {
  readonly bytes: Uint8Array;
  /** Of a data set without file meta; undefined where the file says it. */
  readonly syntax: string | undefined;
}

/** Brings the three odd encodings into what the parser reads: no preamble, DICM without meta, deflated. */
async function inflated(bytes: Uint8Array<ArrayBuffer>): Promise<Ready> {
  const isPart10 = bytes.length > 140 && String.fromCharCode(...bytes.subarray(128, 132)) === "DICM";
  const start = isPart10 ? 132 : 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(start, true) !== 0x0002) {
    const explicit = /^[A-Z]{2}$/.test(String.fromCharCode(...bytes.subarray(start + 4, start + 6)));
    return { bytes: bytes.subarray(start), syntax: explicit ? EXPLICIT_LE : IMPLICIT_LE };
  }
  if (!isPart10) return { bytes, syntax: EXPLICIT_LE };
  const meta = readPart10Header(bytes);
  if (meta.string("x00020010") !== DEFLATED) return { bytes, syntax: undefined };
  const length = meta.uint32("x00020000") ?? 0; // group length: what follows its own 12 bytes
  return { bytes: await inflate(bytes.subarray(start + 12 + length)), syntax: EXPLICIT_LE };
}
