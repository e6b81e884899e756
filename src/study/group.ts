import type { RouteTags } from "../contract/routing.ts";
import type { InspectedInstance } from "../dicom/inspection.ts";
import { tagsOf } from "../forward/route-facts.ts";

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
  /** Keyed hash of the file as it came, or of the UID of what was made here: by it a repeat is known. */
  readonly objectKey?: string;
  /** Made here, under a UID that says of what: whatever lies at a destination under it is ours. */
  readonly made?: true;
  /** The clinical notes in this form; see `instance.notesAs`. */
  readonly notesAs?: "sr" | "pdf";
}

export interface GroupedStudy {
  readonly studyInstanceUID: string;
  /** The study's fields as its first instance has them; what that leaves empty, as the next one that says it. */
  readonly first: InspectedInstance;
  readonly modalities: string[];
  /** What routing looks at beside them. */
  readonly tags: RouteTags;
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

/** What is shown of a study, and what objects made for it take from it. */
const shown = [
  "patientName",
  "patientID",
  "patientBirthDate",
  "patientSex",
  "studyDate",
  "studyTime",
  "studyID",
  "accessionNumber",
  "studyDescription",
  "referringPhysicianName",
] as const;

/** What is said wins over what is empty: else two patients would both agree with a first instance that names none. */
function filled(said: InspectedInstance, next: InspectedInstance): InspectedInstance {
  const missing = shown.filter((field) => said[field] === "" && next[field] !== "");
  return missing.length === 0 ? said : { ...said, ...Object.fromEntries(missing.map((field) => [field, next[field]])) };
}

/** Those that agree with the first one, and with what the ones before them said. */
function ofOnePatient<T>(all: readonly T[], of: (item: T) => InspectedInstance) {
  let first = of(all[0] as T);
  const kept: T[] = [];
  const others: T[] = [];
  for (const item of all) {
    const same = samePatient(first, of(item));
    (same ? kept : others).push(item);
    if (same) first = filled(first, of(item));
  }
  return { first, kept, others };
}

/** Sorts instances into studies by Study Instance UID; order of arrival is kept. */
export function groupByStudy(instances: readonly AcceptableInstance[]): Grouping {
  const mismatched: AcceptableInstance[] = [];
  const sharedSeries: AcceptableInstance[] = [];
  const studyOfSeries = new Map<string, string>();
  const studies = [...Map.groupBy(instances, (item) => item.inspected.studyInstanceUID)].map(([uid, all]) => {
    const { first, kept, others } = ofOnePatient(all, (item) => item.inspected);
    mismatched.push(...others);
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
    const tags = tagsOf(kept.map(({ inspected }) => inspected));
    return { studyInstanceUID: uid, first, modalities, tags, seriesCount: series.size, instances: kept };
  });
  const severalPatients = studies.length > 0 && ofOnePatient(studies, (study) => study.first).others.length > 0;
  return { studies, mismatched, severalPatients, sharedSeries };
}
