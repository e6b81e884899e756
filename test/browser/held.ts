import { readFileSync } from "node:fs";
import { dataSetBytes, readDicom } from "../support/dicom-file.ts";
import type { OrthancServer } from "../support/orthanc.ts";

/** Data sets by SOP Instance UID, as hashes. */
export type DataSets = ReadonlyMap<string, string>;

const hashOf = (bytes: Uint8Array): string => Bun.SHA256.hash(dataSetBytes(bytes), "hex");
/** One object: its SOP Instance UID and its data set. */
export const entryOf = (bytes: Uint8Array): [string, string] => [readDicom(bytes).sopInstanceUID, hashOf(bytes)];

export const dataSetsOf = (paths: readonly string[]): DataSets =>
  new Map(paths.map((path) => entryOf(readFileSync(path))));

/** What an Orthanc holds of a study. @throws Error where it holds an object twice */
export async function heldBy(orthanc: OrthancServer, studyInstanceUID: string): Promise<Uint8Array[]> {
  const found = await fetch(`${orthanc.url}/tools/find`, {
    method: "POST",
    body: JSON.stringify({ Level: "Instance", Query: { StudyInstanceUID: studyInstanceUID } }),
  });
  const ids = (await found.json()) as string[];
  const files = await Promise.all(ids.map(async (id) => (await fetch(`${orthanc.url}/instances/${id}/file`)).bytes()));
  if (new Set(files.map((bytes) => readDicom(bytes).sopInstanceUID)).size < files.length)
    throw new Error("an object is held twice");
  return files;
}

/** The data sets that an Orthanc holds of a study. */
export const dataSetsIn = async (orthanc: OrthancServer, studyInstanceUID: string): Promise<DataSets> =>
  new Map((await heldBy(orthanc, studyInstanceUID)).map(entryOf));
