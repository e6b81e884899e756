import { randomUUID } from "node:crypto";
import { secondaryCaptureStorage } from "./secondary-capture.ts";
import { captureDataSet } from "./secondary-capture-data-set.ts";
import { writePart10 } from "./write-part10.ts";

const EXPLICIT_VR_LE = "1.2.840.10008.1.2.1";
const SIDE = 64;
/** What marks it in every list of every archive: nobody's name. */
const MARK = "RELAYPACS-TEST";

export interface TestObject {
  readonly bytes: Uint8Array;
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly studyInstanceUID: string;
  readonly transferSyntaxUID: string;
}

/** A UID that nobody else has (PS3.5 B.2). */
const newUid = (): string => `2.25.${BigInt(`0x${randomUUID().replaceAll("-", "")}`)}`;

/** A small Secondary Capture of nobody, as a Part 10 file: what a destination is tried with, and may be deleted there. */
export function testObject(now: Date): TestObject {
  const [studyInstanceUID, seriesInstanceUID, sopInstanceUID] = [newUid(), newUid(), newUid()];
  const frame = Uint8Array.from({ length: SIDE * SIDE }, (_, index) => 2 * ((index % SIDE) + Math.floor(index / SIDE)));
  const { dataSet } = captureDataSet(
    {
      patient: { name: "RELAYPACS^TEST", id: MARK, birthDate: "", sex: "O" },
      study: {
        studyInstanceUID,
        date: now.toISOString().slice(0, 10).replaceAll("-", ""),
        time: "",
        id: "TEST",
        description: "Test of the connection, may be deleted",
        accessionNumber: "",
        referringPhysicianName: "",
      },
      series: { seriesInstanceUID, number: 1, description: MARK, modality: "OT", bodyPart: "" },
      sopInstanceUID,
      instanceNumber: 1,
      now,
    },
    {
      Rows: SIDE,
      Columns: SIDE,
      SamplesPerPixel: 1,
      PhotometricInterpretation: "MONOCHROME2",
      BitsAllocated: 8,
      PixelData: frame,
    },
  );
  const file = { sopClassUID: secondaryCaptureStorage, sopInstanceUID, transferSyntaxUID: EXPLICIT_VR_LE, dataSet };
  const uids = { sopInstanceUID, seriesInstanceUID, studyInstanceUID };
  return { bytes: writePart10(file), sopClassUID: secondaryCaptureStorage, transferSyntaxUID: EXPLICIT_VR_LE, ...uids };
}
