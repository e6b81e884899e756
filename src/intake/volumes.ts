/** A file of an upload, as its sender names it. */
interface Named {
  readonly name: string;
}
/** The parts of one archive in order; the first is the one to open. */
export interface VolumeSet<T> {
  readonly first: T;
  readonly volumes: readonly T[];
}
export interface Volumes<T> {
  readonly sets: readonly VolumeSet<T>[];
  /** Parts by their names that lack the first or one in between: archive_volume_missing. */
  readonly strays: readonly T[];
  /** Everything else. */
  readonly others: readonly T[];
}

/** How volumes are named: the set they belong to and their place in it, from 0. */
const SCHEMES: readonly (readonly [RegExp, (number: string, letter: string) => number])[] = [
  [/^(?<set>.*)\.part(?<number>\d{1,5})\.(?:rar|exe)$/i, (number) => Number(number) - 1],
  // x.rar, x.r00 to x.r99, x.s00 …
  [/^(?<set>.*)\.rar(?<number>)$/i, () => 0],
  [
    /^(?<set>.*)\.(?<letter>[r-z])(?<number>\d\d)$/i,
    (number, letter) => 1 + Number(number) + 100 * (letter.toLowerCase().charCodeAt(0) - "r".charCodeAt(0)),
  ],
  [/^(?<set>.*\.7z)\.(?<number>\d{3,5})$/i, (number) => Number(number) - 1],
];

/**
 * Groups the files of one upload into archives of several volumes, by their names.
 * A set of one counts as an ordinary archive: if it lacks its others, opening it tells. Whether a set is one, its content tells.
 */
export function groupVolumes<T extends Named>(files: readonly T[]): Volumes<T> {
  const groups = new Map<string, (Place & { file: T })[]>();
  const others: T[] = [];
  for (const file of files) {
    const found = placeOf(file.name);
    if (found === null) others.push(file);
    else {
      const group = groups.get(found.set) ?? [];
      groups.set(found.set, group);
      group.push({ ...found, file });
    }
  }
  const sets: VolumeSet<T>[] = [];
  const strays: T[] = [];
  for (const group of groups.values()) {
    const ordered = group.sort((a, b) => a.place - b.place);
    const [first] = ordered;
    const sure = first?.sure ?? false;
    const complete = ordered.every(({ place }, index) => place === index);
    if (!first || !complete) (sure ? strays : others).push(...ordered.map(({ file }) => file));
    else if (ordered.length === 1) others.push(first.file);
    else sets.push({ first: first.file, volumes: ordered.slice(1).map(({ file }) => file) });
  }
  return { sets, strays, others };
}

interface Place {
  readonly set: string;
  readonly place: number;
  /** Nothing but a volume is named so; IM.s01 may be any file. */
  readonly sure: boolean;
}

function placeOf(name: string): Place | null {
  for (const [index, [pattern, place]] of SCHEMES.entries()) {
    const { set, number, letter } = pattern.exec(name)?.groups ?? {};
    if (set === undefined || number === undefined) continue;
    // The two rows of the old RAR scheme make one set.
    const old = index === 1 || index === 2;
    return { set: `${old} ${set.toLowerCase()}`, place: place(number, letter ?? ""), sure: !old };
  }
  return null;
}

/**
 * The names 7zz is to find the volumes under, in order; the first of each is the one to open.
 * It derives the next name from the first one, for RAR by the new or the old scheme as the archive's header says, so both are given.
 */
export function volumeNames(count: number, split: boolean): string[][] {
  const pad = (number: number, width: number) => String(number).padStart(width, "0");
  return Array.from({ length: count }, (_, index) => {
    if (split) return [`set.7z.${pad(index + 1, 3)}`];
    const name = `set.part${pad(index + 1, 5)}.rar`;
    if (index === 0) return [name];
    const letter = String.fromCharCode("r".charCodeAt(0) + Math.floor((index - 1) / 100));
    return [name, ...(index <= 900 ? [`set.part00001.${letter}${pad((index - 1) % 100, 2)}`] : [])];
  });
}
