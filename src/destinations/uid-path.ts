import { join } from "node:path";
import type { InstanceName } from "./destination.ts";

/** PS3.5 9.1: digits and dots, at most 64 characters. Leading zeros are seen in the field and do no harm in a path. */
const UID = /^(?=.{1,64}$)[0-9]+(\.[0-9]+)*$/;
export const isUid = (value: string): boolean => UID.test(value);

/** StudyInstanceUID/SeriesInstanceUID/SOPInstanceUID.dcm below the root; null where a UID is none and must not become a path. */
export function pathOf(root: string, instance: InstanceName): string | null {
  const { studyInstanceUID, seriesInstanceUID, sopInstanceUID } = instance;
  if (![studyInstanceUID, seriesInstanceUID, sopInstanceUID].every(isUid)) return null;
  return join(root, studyInstanceUID, seriesInstanceUID, `${sopInstanceUID}.dcm`);
}
