import { catalogueOf, type ErrorCode, type Finding } from "../contract/errors.ts";
import type { Attributes, TextKeyword, UidKeyword } from "./attributes.ts";
import type { DataSet } from "./data-set.ts";
import { type FileMeta, writeHead } from "./file-meta.ts";
import type { InspectedInstance, Inspection } from "./inspection.ts";
import { frameCount, pixelFault } from "./pixel-check.ts";
import { isImageClass, sopClassKind } from "./sop-classes.ts";
import type { TransferSyntax } from "./transfer-syntaxes.ts";
import { uidForm } from "./uid.ts";

/** A data set that was walked to its end, and what stands before it. */
export interface FoundInstance {
  readonly attributes: Attributes;
  readonly dataSet: DataSet;
  readonly syntax: TransferSyntax;
  readonly transferSyntaxUID: string;
  /** null where the file has none. */
  readonly meta: FileMeta | null;
  readonly dataSetOffset: number;
  /** The file's own head with a zeroed preamble, where it had to be zeroed. */
  readonly ownHead: Uint8Array | null;
  readonly foreignPreamble: boolean;
}

export interface InspectOptions {
  /** SOP Class UIDs to take beside the storage classes of PS3.4 B.5. */
  readonly extraSopClasses?: readonly string[];
  /** The day that dates are held against, YYYYMMDD; default: today, UTC. */
  readonly today?: string;
}

interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Holds an instance against CONTRACT §4.3: the first fault refuses it, everything else is a warning. Pure. */
export function validate(found: FoundInstance, options: InspectOptions): Inspection {
  const refusal = identityRefusal(found, options) ?? pixelRefusal(found);
  if (refusal !== null) return { kind: "refused", ...refusal };
  const { attributes } = found;
  const text = (keyword: TextKeyword): string => attributes.text(keyword);
  const instance = {
    kind: "instance",
    sopClassUID: attributes.uid("SOPClassUID"),
    sopInstanceUID: attributes.uid("SOPInstanceUID"),
    studyInstanceUID: attributes.uid("StudyInstanceUID"),
    seriesInstanceUID: attributes.uid("SeriesInstanceUID"),
    transferSyntaxUID: found.transferSyntaxUID,
    dataSetOffset: found.dataSetOffset,
    patientName: text("PatientName"),
    patientID: text("PatientID"),
    patientBirthDate: text("PatientBirthDate"),
    patientSex: text("PatientSex"),
    studyDate: text("StudyDate"),
    studyTime: text("StudyTime"),
    studyDescription: text("StudyDescription"),
    studyID: text("StudyID"),
    accessionNumber: text("AccessionNumber"),
    referringPhysicianName: text("ReferringPhysicianName"),
    modality: text("Modality"),
    bodyPartExamined: text("BodyPartExamined"),
    institutionName: text("InstitutionName"),
    sourceAETitle: found.meta?.sourceAETitle ?? "",
    seriesNumber: text("SeriesNumber"),
    seriesDescription: text("SeriesDescription"),
    instanceNumber: text("InstanceNumber"),
    imagesInAcquisition: text("ImagesInAcquisition"),
  } as const;
  const rewritten = !metaAgrees(found.meta, instance) || (found.foreignPreamble && found.ownHead === null);
  const head = rewritten
    ? writeHead(instance.sopClassUID, instance.sopInstanceUID, instance.transferSyntaxUID)
    : found.ownHead;
  return { ...instance, head, warnings: warningsOf(found, instance, rewritten, options.today ?? tomorrowUTC()) };
}

/** In this order: what the object is, then where it belongs. An object of no study has no Study Instance UID to miss. */
function identityRefusal(found: FoundInstance, options: InspectOptions): Refusal | null {
  const { attributes } = found;
  const uid = (keyword: UidKeyword): string => attributes.uid(keyword);
  const missing = (code: ErrorCode): Refusal => ({ code, message: catalogueOf(code).cause });
  const sopClass = uid("SOPClassUID");
  if (uid("SOPInstanceUID") === "") return missing("sop_instance_uid_missing");
  if (sopClass === "") return missing("sop_class_uid_missing");
  const kind = sopClassKind(sopClass);
  if (kind === "non-patient") return missing("not_part_of_study");
  if (uid("StudyInstanceUID") === "") return missing("study_instance_uid_missing");
  if (uid("SeriesInstanceUID") === "") return missing("series_instance_uid_missing");
  for (const keyword of identifiers) {
    if (uidForm(uid(keyword)) === "invalid")
      return { code: "uid_invalid", message: `The ${identifierNames[keyword]} is not a valid DICOM identifier.` };
  }
  if (kind === "unknown" && !options.extraSopClasses?.includes(sopClass)) return missing("sop_class_unsupported");
  return null;
}

const identifiers = ["SOPInstanceUID", "SOPClassUID", "StudyInstanceUID", "SeriesInstanceUID"] as const;
const identifierNames: Readonly<Record<(typeof identifiers)[number], string>> = {
  SOPInstanceUID: "SOP Instance UID",
  SOPClassUID: "SOP Class UID",
  StudyInstanceUID: "Study Instance UID",
  SeriesInstanceUID: "Series Instance UID",
};

function pixelRefusal({ attributes, dataSet, syntax }: FoundInstance): Refusal | null {
  return dataSet.pixels === null ? null : pixelFault(attributes, dataSet.pixels, syntax);
}

type Identity = Pick<InspectedInstance, "sopClassUID" | "sopInstanceUID" | "transferSyntaxUID">;

/** PS3.10 7.1: the meta repeats the data set's SOP Class and Instance UID and names its transfer syntax. */
const metaAgrees = (meta: FileMeta | null, instance: Identity): boolean =>
  meta?.regular === true &&
  meta.mediaStorageSOPClassUID === instance.sopClassUID &&
  meta.mediaStorageSOPInstanceUID === instance.sopInstanceUID &&
  meta.transferSyntaxUID === instance.transferSyntaxUID;

function warningsOf(
  found: FoundInstance,
  instance: Omit<InspectedInstance, "head" | "warnings">,
  rewritten: boolean,
  today: string,
): Finding[] {
  const { attributes, dataSet, syntax } = found;
  const warnings: Finding[] = [];
  const warn = (when: boolean, code: ErrorCode, message = catalogueOf(code).cause): void => {
    if (when) warnings.push({ code, severity: "warning", message });
  };
  warn(/^[\^= ]*$/.test(instance.patientName) || instance.patientID === "", "patient_missing");
  warn(syntax.rare, "transfer_syntax_rare");
  warn(rewritten, "meta_rewritten");
  warn(found.foreignPreamble, "preamble_zeroed");
  warn(
    identifiers.some((keyword) => uidForm(attributes.uid(keyword)) === "irregular"),
    "uid_irregular",
  );
  warn(dataSet.pixels === null && isImageClass(instance.sopClassUID) && !syntax.referenced, "pixel_data_missing");
  warn(attributes.unsure.size > 0, "charset_irregular");
  const dates = { "The study date": instance.studyDate, "The birth date": instance.patientBirthDate };
  for (const [name, date] of Object.entries(dates)) {
    if (date === "") continue;
    const sound = isDate(date);
    warn(!sound, "value_irregular", `${name} is not a date.`);
    warn(sound && date.replaceAll(".", "") > today, "value_irregular", `${name} lies in the future.`);
  }
  warn(instance.modality === "", "value_irregular", "The image does not name its modality.");
  warn(frameCount(attributes) === null, "value_irregular", "The number of frames is not a number.");
  warn(attributes.tooLong.size > 0, "value_irregular", "The patient's name or an ID is longer than DICOM allows.");
  warn(attributes.controls.size > 0, "value_irregular", "A text holds control characters.");
  warn(dataSet.brokenSequence, "value_irregular", "A part of the header is damaged; the image itself could be read.");
  return warnings;
}

/** PS3.5 6.2 DA: YYYYMMDD, and YYYY.MM.DD as before DICOM 3.0. */
function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(text) ?? [];
  if (year === undefined) return false;
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.getUTCDate() === Number(day);
}

/** The latest day that is today somewhere on Earth, YYYYMMDD. */
const tomorrowUTC = (): string => new Date(Date.now() + 14 * 3_600_000).toISOString().slice(0, 10).replaceAll("-", "");
