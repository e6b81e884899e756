import type { InspectedInstance } from "../dicom/inspection.ts";

/** What completeness is told from. */
export type CountedInstance = Pick<
  InspectedInstance,
  | "sopInstanceUID"
  | "seriesInstanceUID"
  | "seriesNumber"
  | "instanceNumber"
  | "imagesInAcquisition"
  | "modality"
  | "sopClassUID"
>;

/** How many images of a series are there, and how many there should be. */
export interface Tally {
  readonly there: number;
  readonly expected: number;
}

/**
 * CT, MR and PET images of one frame each: the only ones whose numbers say how many there are. Radiographs and ultrasound
 * clips that were deleted at the scanner leave gaps; multi-frame objects, reports and presentation states count otherwise.
 */
const sliceClasses: ReadonlySet<string> = new Set([
  "1.2.840.10008.5.1.4.1.1.2",
  "1.2.840.10008.5.1.4.1.1.4",
  "1.2.840.10008.5.1.4.1.1.128",
]);

/** Part of the range of Instance Numbers that must be there: below it they do not count through. */
const leastOfRange = 1 / 2;
/** Part of the images that may be missing between two halves of a series: between two that are numbered apart it is more. */
const mostOfMiddle = 1 / 4;
/** Part of Images in Acquisition that must be there: projections and reformats name the images they were made from. */
const leastOfAcquisition = 3 / 4;

/** IS (PS3.5 6.2), null where it is none. */
export const wholeNumber = (text: string): number | null => (/^[+-]?\d{1,10}$/.test(text) ? Number(text) : null);

/** A series whose images are slices that can be told apart by their numbers. */
interface NumberedSeries {
  readonly count: number;
  /** Ascending, each once. */
  readonly numbers: readonly number[];
  /** Images in Acquisition (0020,1002) where all images say the same, else null. */
  readonly stated: number | null;
}

function numbered(instances: readonly CountedInstance[]): NumberedSeries | null {
  if (instances.length === 0 || new Set(instances.map(({ sopClassUID }) => sopClassUID)).size > 1) return null;
  if (!sliceClasses.has(instances[0]?.sopClassUID ?? "")) return null;
  const numbers = new Set<number>();
  for (const { instanceNumber } of instances) {
    const number = wholeNumber(instanceNumber);
    // A number that comes twice: several acquisitions that each count from one.
    if (number === null || numbers.has(number)) return null;
    numbers.add(number);
  }
  const stated = new Set(instances.map(({ imagesInAcquisition }) => imagesInAcquisition));
  return {
    count: instances.length,
    numbers: [...numbers].sort((a, b) => a - b),
    stated: stated.size === 1 ? wholeNumber([...stated][0] ?? "") : null,
  };
}

/**
 * What the images of a study say themselves of their series' completeness: Images in Acquisition where it is to be relied
 * on, else gaps in Instance Number. Series of which nothing can be said are left out. Pure.
 * @param bySeries instances by Series Instance UID, each SOP instance once
 */
export function tallySeries(bySeries: ReadonlyMap<string, readonly CountedInstance[]>): Map<string, Tally> {
  const series = new Map<string, NumberedSeries>();
  for (const [uid, instances] of bySeries) {
    const found = numbered(instances);
    if (found !== null) series.set(uid, found);
  }
  const all = [...series.values()];
  const shared = countsOfShort(all);
  const through = numbersThroughout(all);
  const tallies = new Map<string, Tally>();
  for (const [uid, one] of series) {
    const tally = ofAcquisition(one, shared) ?? ofNumbers(one.numbers, through);
    if (tally !== null) tallies.set(uid, tally);
  }
  return tallies;
}

/** Images in the series that have fewer than they state, by what they state. */
function countsOfShort(all: readonly NumberedSeries[]): ReadonlyMap<number, { series: number; images: number }> {
  const counts = new Map<number, { series: number; images: number }>();
  for (const { stated, count } of all) {
    if (stated === null || count >= stated) continue;
    const before = counts.get(stated) ?? { series: 0, images: 0 };
    counts.set(stated, { series: before.series + 1, images: before.images + count });
  }
  return counts;
}

function ofAcquisition({ stated, count }: NumberedSeries, short: ReturnType<typeof countsOfShort>): Tally | null {
  // More than stated: several acquisitions in the series.
  if (stated === null || count > stated) return null;
  if (count < stated * leastOfAcquisition) return null;
  // The images of one acquisition may stand in several series, which then share the number.
  const sharing = short.get(stated);
  if (sharing !== undefined && sharing.series > 1 && sharing.images <= stated) return null;
  return { there: count, expected: stated };
}

/** All numbers, where the images are numbered through the study and not by series; else none. */
function numbersThroughout(all: readonly NumberedSeries[]): ReadonlySet<number> {
  const numbers = new Set(all.flatMap((series) => series.numbers));
  const total = all.reduce((sum, series) => sum + series.count, 0);
  return numbers.size === total ? numbers : new Set();
}

function ofNumbers(numbers: readonly number[], throughout: ReadonlySet<number>): Tally | null {
  const count = numbers.length;
  const range = (numbers[count - 1] ?? 0) - (numbers[0] ?? 0) + 1;
  if (count < range * leastOfRange) return null;
  const starts = numbers.flatMap((number, index) => (number - 1 === numbers[index - 1] ? [] : [index]));
  const lengths = new Set(starts.map((start, index) => (starts[index + 1] ?? count) - start));
  // Runs of one length are a way to number echoes, phases, every second image; a loss is not so even. Nor are two images one.
  // Of two long runs with a small hole it is chance: the images in the very middle are missing.
  const middleMissing = starts.length === 2 && range - count < count * mostOfMiddle;
  if (starts.length > 1 && lengths.size === 1 && !middleMissing) return null;
  let missing = 0;
  for (const start of starts.slice(1)) {
    const next = numbers[start] ?? 0;
    const first = (numbers[start - 1] ?? 0) + 1;
    // 1 to 80, 101 to 165: the second acquisition starts at a round number.
    if (isRoundStart(next) && !isRoundStart(first)) continue;
    for (let number = first; number < next; number++) if (!throughout.has(number)) missing++;
  }
  return { there: count, expected: count + missing };
}

const isRoundStart = (number: number): boolean => number % 100 === 0 || number % 100 === 1;
