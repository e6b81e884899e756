/** The attributes looked at, by their keyword in PS3.6. */
export const tags = {
  SpecificCharacterSet: 0x00080005,
  SOPClassUID: 0x00080016,
  SOPInstanceUID: 0x00080018,
  StudyDate: 0x00080020,
  StudyTime: 0x00080030,
  AccessionNumber: 0x00080050,
  Modality: 0x00080060,
  InstitutionName: 0x00080080,
  ReferringPhysicianName: 0x00080090,
  StudyDescription: 0x00081030,
  SeriesDescription: 0x0008103e,
  PatientName: 0x00100010,
  PatientID: 0x00100020,
  PatientBirthDate: 0x00100030,
  PatientSex: 0x00100040,
  BodyPartExamined: 0x00180015,
  StudyInstanceUID: 0x0020000d,
  SeriesInstanceUID: 0x0020000e,
  StudyID: 0x00200010,
  SeriesNumber: 0x00200011,
  InstanceNumber: 0x00200013,
  ImagesInAcquisition: 0x00201002,
  SamplesPerPixel: 0x00280002,
  PhotometricInterpretation: 0x00280004,
  NumberOfFrames: 0x00280008,
  Rows: 0x00280010,
  Columns: 0x00280011,
  BitsAllocated: 0x00280100,
} as const;

export type Keyword = keyof typeof tags;

export const wantedTags: ReadonlySet<number> = new Set(Object.values(tags));

export const pixelDataTag = 0x7fe00010;
export const floatPixelDataTag = 0x7fe00008;
export const doubleFloatPixelDataTag = 0x7fe00009;

/** Pixel Data, Float Pixel Data or Double Float Pixel Data (PS3.3 C.7.6.3, C.7.6.24, C.7.6.25). */
export const isPixelTag = (tag: number): boolean =>
  tag === pixelDataTag || tag === floatPixelDataTag || tag === doubleFloatPixelDataTag;
