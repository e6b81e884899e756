import { type DataSet as Parsed, parseDicom } from "dicom-parser";
import { version } from "../../src/core/version.ts";
import { encapsulatedPDF, encapsulatePdf } from "../../src/dicom/encapsulated-pdf.ts";
import type { NotesContext } from "../../src/dicom/note-context.ts";
import { secondaryCaptureStorage } from "../../src/dicom/secondary-capture.ts";
import { captureDataSet } from "../../src/dicom/secondary-capture-data-set.ts";
import { basicTextSR, notesAsTextSr } from "../../src/dicom/text-sr.ts";
import { dictionary } from "../../src/dicom/write-dictionary.ts";
import { writePart10 } from "../../src/dicom/write-part10.ts";

/** What is known of a made-up study. */
const context = (mark: number, known: boolean): NotesContext => {
  const text = (value: string) => (known ? `${value}${mark}` : "");
  const date = known ? `2025010${mark}` : "";
  return {
    patient: { name: text("A^B"), id: text("P-"), birthDate: date, sex: known ? (mark === 1 ? "F" : "M") : "" },
    study: {
      studyInstanceUID: `2.25.1${mark}`,
      date,
      time: known ? `10150${mark}` : "",
      id: text("S-"),
      description: text("Study "),
      accessionNumber: text("A-"),
      referringPhysicianName: text("C^D"),
    },
    seriesInstanceUID: `2.25.2${mark}`,
    sopInstanceUID: `2.25.3${mark}`,
    author: text("Doctor "),
    serviceLevel: mark === 1 ? "stat" : "routine",
    notes: `Notes ${"!".repeat(2 * mark)}`,
    now: new Date(2025, 0, mark, 11, 30, mark),
    siteName: text("Site "),
  };
};

const explicitLE = "1.2.840.10008.1.2.1";

/** Of a JPEG in colour the first time, of a PNG in 16 bits of gray the second. */
function capture(of: NotesContext): Uint8Array {
  const { patient, study, sopInstanceUID, seriesInstanceUID, now, siteName } = of;
  const count = now.getDate();
  const jpeg = count === 1;
  const series = {
    seriesInstanceUID,
    number: count,
    description: siteName,
    modality: jpeg ? "" : "XC",
    bodyPart: siteName,
  };
  const { dataSet } = captureDataSet(
    { patient, study, series, sopInstanceUID, instanceNumber: count, now },
    {
      Rows: count,
      Columns: count,
      SamplesPerPixel: jpeg ? 3 : 1,
      PhotometricInterpretation: jpeg ? "YBR_FULL_422" : "MONOCHROME2",
      BitsAllocated: jpeg ? 8 : 16,
      PixelData: new Uint8Array(jpeg ? 4 : 8),
      ...(jpeg
        ? {
            LossyImageCompression: "01",
            LossyImageCompressionRatio: ["10"],
            LossyImageCompressionMethod: ["ISO_10918_1"],
            DerivationDescription: "Encoded anew",
          }
        : {}),
    },
  );
  return writePart10({ sopClassUID: secondaryCaptureStorage, sopInstanceUID, transferSyntaxUID: explicitLE, dataSet });
}

interface MadeKind {
  readonly title: string;
  readonly from: string;
  readonly sopClassUID: string;
  readonly transferSyntaxes: readonly string[];
  readonly make: (of: NotesContext) => Uint8Array;
}

/** The objects the product creates, each made by the code that makes the real ones. */
export const madeKinds: readonly MadeKind[] = [
  {
    title: "Secondary Capture Image",
    from: "a JPEG or PNG. A baseline JPEG keeps its compressed data; other JPEGs are encoded anew; PNG is stored pixel by pixel, 16-bit colour reduced to 8",
    sopClassUID: secondaryCaptureStorage,
    transferSyntaxes: [explicitLE, "1.2.840.10008.1.2.4.50"],
    make: capture,
  },
  {
    title: "Basic Text SR",
    from: 'the sender\'s clinical notes (`intake.notes_as = "sr"`): a CONTAINER titled (55115-0, LN, "Requested imaging studies information") with the observer (PS3.16 TID 1002, 1003), the priority and the text as one item',
    sopClassUID: basicTextSR,
    transferSyntaxes: [explicitLE],
    make: notesAsTextSr,
  },
  {
    title: "Encapsulated PDF",
    from: 'the same notes as pages (`intake.notes_as = "pdf"`), or a PDF that was sent by itself',
    sopClassUID: encapsulatedPDF,
    transferSyntaxes: [explicitLE],
    make: (of) => encapsulatePdf(Buffer.from(`%PDF-1.7 ${of.notes} %%EOF`), of, { title: of.notes }),
  },
];

const keywords = new Map(Object.entries(dictionary).map(([keyword, [tag]]) => [tag as number, keyword]));

/** Where a value comes from, by what it is of. */
const sources: readonly (readonly [RegExp, string])[] = [
  [/^(StudyInstanceUID|Study|Accession|Referring)/, "as in the study's images"],
  [/^Patient/, "as in the study's images, or as the sender confirmed"],
  [/^(SOPInstanceUID|SeriesInstanceUID)$/, "made here (8.1)"],
  [/^(InstanceCreation|Content(Date|Time)|.*OfSecondaryCapture$)/, "when it was made, local time"],
  [/^InstitutionName$/, "`site_name`"],
  [/./, "of what was sent"],
];

/** A Markdown table of the attributes of a kind: what stands in each whatever is known, and what comes from where. */
export function attributeTable({ make }: MadeKind): string {
  const [first, second, bare] = (
    [
      [1, true],
      [2, true],
      [1, false],
    ] as const
  ).map(([mark, known]) => parseDicom(make(context(mark, known)))) as [Parsed, Parsed, Parsed];
  const tags = new Set([...Object.keys(first.elements), ...Object.keys(second.elements)]);
  const rows = [...tags]
    .filter((tag) => !tag.startsWith("x0002"))
    .sort()
    .map((tag) => {
      const keyword = keywords.get(Number.parseInt(tag.slice(1), 16)) ?? "";
      const { vr } = first.elements[tag] ?? second.elements[tag] ?? {};
      const number = `(${tag.slice(1, 5).toUpperCase()},${tag.slice(5).toUpperCase()})`;
      return `| ${number} | ${keyword} | ${vr} | ${valueWords(tag, keyword, first, second, bare)} |`;
    });
  return ["| tag | attribute | VR | value |", "|---|---|---|---|", ...rows].join("\n");
}

function valueWords(tag: string, keyword: string, first: Parsed, second: Parsed, bare: Parsed): string {
  const value = textOf(first, tag);
  const source = sources.find(([pattern]) => pattern.test(keyword))?.[1] ?? "";
  if (first.elements[tag] === undefined || second.elements[tag] === undefined) return `${source}; where it applies`;
  if (value === textOf(second, tag)) return value === "" ? "empty" : `\`${value}\``;
  if (bare.elements[tag] === undefined) return `${source}; absent where unknown`;
  return textOf(bare, tag) === "" ? `${source}; empty where unknown` : source;
}

/** As text that can be compared and shown; the value of a sequence or of pixels stands for itself. */
function textOf(set: Parsed, tag: string): string {
  const element = set.elements[tag];
  if (element === undefined || element.length === 0) return "";
  if (element.items) return element.items.length === 0 ? "" : sequence(set, tag);
  if (element.vr === "US") return String(set.uint16(tag));
  if (element.vr === "UL") return String(set.uint32(tag));
  if (/^O/.test(element.vr ?? ""))
    return Buffer.from(set.byteArray.subarray(element.dataOffset, element.dataOffset + element.length)).toString("hex");
  return (set.string(tag) ?? "").replace(version, "the version");
}

const sequence = (set: Parsed, tag: string): string => {
  const items = set.elements[tag]?.items ?? [];
  return items.map(({ dataSet }) => dataSet?.string("x00080104") ?? dataSet?.string("x0040a040") ?? "item").join(", ");
};
