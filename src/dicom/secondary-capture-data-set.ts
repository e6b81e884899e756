import { version } from "../core/version.ts";
import { emptyLaterality } from "./body-part.ts";
import type { NewDataSet } from "./write-elements.ts";
import { fitted } from "./write-values.ts";

/** Whose picture it is and where it belongs; "" for what is not known. Dates YYYYMMDD, times HHMMSS. */
export interface SecondaryCaptureContext {
  readonly patient: {
    readonly name: string;
    readonly id: string;
    readonly birthDate: string;
    readonly sex: string;
  };
  readonly study: {
    readonly studyInstanceUID: string;
    readonly date: string;
    readonly time: string;
    readonly id: string;
    readonly description: string;
    readonly accessionNumber: string;
    readonly referringPhysicianName: string;
  };
  readonly series: {
    readonly seriesInstanceUID: string;
    readonly number: number;
    readonly description: string;
    /** "" is written as OT. */
    readonly modality: string;
    readonly bodyPart: string;
  };
  readonly sopInstanceUID: string;
  readonly instanceNumber: number;
  /** Written in the box's own time zone, as scanners do. */
  readonly now: Date;
}

/** What is known of the pixels (PS3.3 C.7.6.1, C.7.6.3). */
export type PictureModule = Required<
  Pick<NewDataSet, "Rows" | "Columns" | "SamplesPerPixel" | "PhotometricInterpretation" | "BitsAllocated" | "PixelData">
> & { readonly BitsAllocated: 8 | 16; readonly SamplesPerPixel: 1 | 3 } & Pick<
    NewDataSet,
    "DerivationDescription" | "LossyImageCompression" | "LossyImageCompressionRatio" | "LossyImageCompressionMethod"
  >;

/**
 * The modules of a Secondary Capture Image (PS3.3 A.8.1.3). Descriptions are cut to their VR and `shortened` tells it;
 * whatever identifies patient or study stays as it is. Burned In Annotation is left out: nobody looked.
 */
export function captureDataSet(
  context: SecondaryCaptureContext,
  picture: PictureModule,
): { readonly dataSet: NewDataSet; readonly shortened: boolean } {
  const { patient, study, series } = context;
  const studyDescription = fitted("StudyDescription", study.description);
  const seriesDescription = fitted("SeriesDescription", series.description);
  const bodyPart = fitted("BodyPartExamined", series.bodyPart);
  const [date, time] = localDateTime(context.now);
  const dataSet: NewDataSet = {
    // Patient (C.7.1.1)
    PatientName: patient.name,
    PatientID: patient.id,
    PatientBirthDate: patient.birthDate,
    PatientSex: patient.sex,
    // General Study (C.7.2.1)
    StudyInstanceUID: study.studyInstanceUID,
    StudyDate: study.date,
    StudyTime: study.time,
    StudyID: study.id,
    StudyDescription: studyDescription.text || undefined,
    AccessionNumber: study.accessionNumber,
    ReferringPhysicianName: study.referringPhysicianName,
    // General Series (C.7.3.1); without a date, for pictures of another day may join it.
    SeriesInstanceUID: series.seriesInstanceUID,
    SeriesNumber: series.number,
    SeriesDescription: seriesDescription.text || undefined,
    Modality: series.modality || "OT",
    BodyPartExamined: bodyPart.text || undefined,
    Laterality: emptyLaterality(bodyPart.text),
    // SC Equipment (C.8.6.1): made by this box out of a file.
    ConversionType: "WSD",
    SecondaryCaptureDeviceManufacturer: "RelayPACS",
    SecondaryCaptureDeviceManufacturerModelName: "RelayPACS",
    SecondaryCaptureDeviceSoftwareVersions: version,
    // General Image (C.7.6.1), SC Image (C.8.6.2), SOP Common (C.12.1)
    ImageType: ["DERIVED", "SECONDARY"],
    InstanceNumber: context.instanceNumber,
    PatientOrientation: "",
    ContentDate: date,
    ContentTime: time,
    DateOfSecondaryCapture: date,
    TimeOfSecondaryCapture: time,
    InstanceCreationDate: date,
    InstanceCreationTime: time,
    // Image Pixel (C.7.6.3)
    ...picture,
    PlanarConfiguration: picture.SamplesPerPixel === 3 ? 0 : undefined,
    BitsStored: picture.BitsAllocated,
    HighBit: picture.BitsAllocated - 1,
    PixelRepresentation: 0,
    // VOI LUT (C.11.2): 8-bit gray is shown as it is, not spread; of 16 bits nobody knows how many mean something.
    ...(picture.SamplesPerPixel === 1 && picture.BitsAllocated === 8 ? { WindowCenter: 128, WindowWidth: 256 } : {}),
  };
  return { dataSet, shortened: [studyDescription, seriesDescription, bodyPart].some(({ cut }) => cut) };
}

/** DA and TM (PS3.5 6.2). */
function localDateTime(now: Date): readonly [date: string, time: string] {
  const two = (value: number): string => String(value).padStart(2, "0");
  const year = String(now.getFullYear()).padStart(4, "0");
  return [
    `${year}${two(now.getMonth() + 1)}${two(now.getDate())}`,
    `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`,
  ];
}
