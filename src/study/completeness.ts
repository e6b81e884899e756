import type { ErrorCode } from "../contract/errors.ts";
import type { DirectoryEntry } from "../dicom/dicomdir.ts";
import { type CountedInstance, type Tally, tallySeries, wholeNumber } from "./series-tally.ts";

/** A warning; `message` is a plain sentence of counts and series numbers, with nothing of a patient. */
export interface CompletenessFinding {
  readonly code: Extract<ErrorCode, "series_incomplete" | "directory_incomplete">;
  readonly message: string;
}

/** More lines nobody reads; the rest is counted. */
const maxLines = 10;

interface SeriesLine {
  /** Series Number, null where it is no whole number. */
  readonly number: number | null;
  readonly tally: Tally;
  readonly noun: Noun;
}

/**
 * Tells where images of a study seem to be missing: one line for what the disc's directory lists and nobody sent, and one per
 * series. What the directory says of a series wins over Images in Acquisition, and that over gaps in Instance Number.
 * Where nothing is certain nothing is said. Pure.
 * @param study all its instances in the upload
 * @param directory what the DICOMDIRs in the upload list, other studies too; empty where there was none
 */
export function completenessFindings(
  study: { readonly instances: readonly CountedInstance[] },
  directory: readonly DirectoryEntry[],
): CompletenessFinding[] {
  const sent = new Map(study.instances.map((instance) => [instance.sopInstanceUID, instance]));
  const bySeries = Map.groupBy(sent.values(), (instance) => instance.seriesInstanceUID);
  const listed = listedOf(sent, bySeries, directory);
  const findings: CompletenessFinding[] = [];
  const found = listed.filter(({ sopInstanceUID }) => sent.has(sopInstanceUID)).length;
  if (found < listed.length) findings.push({ code: "directory_incomplete", message: directoryMessage(found, listed) });
  for (const line of seriesLines(sent, bySeries, listed).sort(byNumber))
    findings.push({ code: "series_incomplete", message: seriesMessage(line) });
  const rest = findings.length - maxLines;
  if (rest <= 0) return findings;
  const more = rest === 1 ? "1 more series is not complete." : `${rest} more series are not complete.`;
  return [...findings.slice(0, maxLines), { code: "series_incomplete", message: more }];
}

type Sent = ReadonlyMap<string, CountedInstance>;
type BySeries = ReadonlyMap<string, readonly CountedInstance[]>;

/** What the directory lists of the study, each SOP instance once. */
function listedOf(sent: Sent, bySeries: BySeries, directory: readonly DirectoryEntry[]): DirectoryEntry[] {
  const belongs = ({ sopInstanceUID, seriesInstanceUID }: DirectoryEntry): boolean =>
    sent.has(sopInstanceUID) || bySeries.has(seriesInstanceUID);
  const studies = new Set(directory.filter(belongs).map(({ studyInstanceUID }) => studyInstanceUID));
  const own = directory.filter((entry) =>
    entry.studyInstanceUID === "" ? belongs(entry) : studies.has(entry.studyInstanceUID),
  );
  // PS3.3 F.6.1: a reader may ignore PRIVATE records; they are the maker's own affair.
  const known = own.filter(({ recordType }) => recordType !== "PRIVATE");
  return [...new Map(known.map((entry) => [entry.sopInstanceUID, entry])).values()];
}

function seriesLines(sent: Sent, bySeries: BySeries, listed: readonly DirectoryEntry[]): SeriesLine[] {
  const tallies = tallySeries(bySeries);
  const listedBySeries = Map.groupBy(
    listed.filter(({ seriesInstanceUID }) => seriesInstanceUID !== ""),
    ({ seriesInstanceUID }) => seriesInstanceUID,
  );
  const lines: SeriesLine[] = [];
  for (const uid of new Set([...bySeries.keys(), ...listedBySeries.keys()])) {
    const instances = bySeries.get(uid) ?? [];
    const entries = listedBySeries.get(uid) ?? [];
    const tally = ofDirectory(sent, instances, entries) ?? tallies.get(uid);
    if (tally === undefined || tally.there >= tally.expected) continue;
    const number = wholeNumber(instances[0]?.seriesNumber ?? entries[0]?.seriesNumber ?? "");
    lines.push({ number, tally, noun: nounOf(entries) });
  }
  return lines;
}

/** The directory's word on one series; null where it does not know all that was sent of it, and misses nothing. */
function ofDirectory(
  sent: Sent,
  instances: readonly CountedInstance[],
  entries: readonly DirectoryEntry[],
): Tally | null {
  const missing = entries.filter(({ sopInstanceUID }) => !sent.has(sopInstanceUID)).length;
  if (missing === 0 && entries.length < instances.length) return null;
  return { there: instances.length, expected: instances.length + missing };
}

type Noun = "image" | "object";
const nounOf = (entries: readonly DirectoryEntry[]): Noun =>
  entries.every(({ recordType }) => recordType === "IMAGE") ? "image" : "object";

const counted = (count: number, noun: Noun): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

function directoryMessage(found: number, listed: readonly DirectoryEntry[]): string {
  const were = found === 0 ? "none was" : found === 1 ? "1 was" : `${found} were`;
  return `The disc's directory lists ${counted(listed.length, nounOf(listed))} of this study; ${were} sent.`;
}

function seriesMessage({ number, tally, noun }: SeriesLine): string {
  const series = number === null ? "A series without a number" : `Series ${number}`;
  return `${series}: ${tally.there} of ${counted(tally.expected, noun)}.`;
}

/** Ascending; those without a number last. */
const byNumber = (a: SeriesLine, b: SeriesLine): number =>
  (a.number ?? Number.POSITIVE_INFINITY) < (b.number ?? Number.POSITIVE_INFINITY) ? -1 : a.number === b.number ? 0 : 1;
