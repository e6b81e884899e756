import type { InspectedInstance } from "../dicom/inspection.ts";

/** An instance that passed inspection, and where it lies. */
export interface AcceptableInstance {
  readonly inspected: InspectedInstance;
  /** Relative to the upload's spool folder. */
  readonly path: string;
  readonly fileSize: number;
  /** Of the Part 10 object as it leaves. */
  readonly sha256: string;
  /** As the sender knows the file. */
  readonly fileName: string;
}

export interface GroupedStudy {
  readonly studyInstanceUID: string;
  readonly first: InspectedInstance;
  readonly modalities: string[];
  readonly seriesCount: number;
  readonly instances: AcceptableInstance[];
}

export interface Grouping {
  readonly studies: GroupedStudy[];
  /** Instances of a study that name another patient than its first one. */
  readonly mismatched: AcceptableInstance[];
  readonly severalPatients: boolean;
  /** Study Instance UIDs that share a Series Instance UID with an earlier study. */
  readonly sharedSeries: AcceptableInstance[];
}

/** Two instances belong to one person unless they say otherwise: an empty field says nothing. */
export function samePatient(a: InspectedInstance, b: InspectedInstance): boolean {
  const differ = (x: string, y: string) => x !== "" && y !== "" && x !== y;
  if (differ(a.patientID, b.patientID) || differ(a.patientBirthDate, b.patientBirthDate)) return false;
  const identified = a.patientID !== "" && b.patientID !== "";
  return identified || !differ(plainName(a.patientName), plainName(b.patientName));
}

/** Names are spelled with more or fewer carets and in any case (PS3.5 6.2.1.1). */
const plainName = (name: string) =>
  (name.split("=")[0] ?? "")
    .toUpperCase()
    .replace(/[\^\s]+/g, " ")
    .trim();

/** Sorts instances into studies by Study Instance UID; order of arrival is kept. */
export function groupByStudy(instances: readonly AcceptableInstance[]): Grouping {
  const mismatched: AcceptableInstance[] = [];
  const sharedSeries: AcceptableInstance[] = [];
  const studyOfSeries = new Map<string, string>();
  const studies = [...Map.groupBy(instances, (item) => item.inspected.studyInstanceUID)].map(([uid, all]) => {
    const first = (all[0] as AcceptableInstance).inspected;
    const kept = all.filter((item) => samePatient(first, item.inspected));
    mismatched.push(...all.filter((item) => !samePatient(first, item.inspected)));
    const series = new Set<string>();
    for (const item of kept) {
      const { seriesInstanceUID } = item.inspected;
      if (series.has(seriesInstanceUID)) continue;
      series.add(seriesInstanceUID);
      const owner = studyOfSeries.get(seriesInstanceUID);
      if (owner !== undefined && owner !== uid) sharedSeries.push(item);
      else studyOfSeries.set(seriesInstanceUID, uid);
    }
    const modalities = [...new Set(kept.map((item) => item.inspected.modality).filter((value) => value !== ""))].sort();
    return { studyInstanceUID: uid, first, modalities, seriesCount: series.size, instances: kept };
  });
  const firstStudy = studies[0]?.first;
  return {
    studies,
    mismatched,
    severalPatients: firstStudy !== undefined && studies.some((study) => !samePatient(firstStudy, study.first)),
    sharedSeries,
  };
}
