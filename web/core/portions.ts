/** Milliseconds of work before the page may breathe. */
export const portionMs = 6;

/** Lets the page draw and answer before the next portion. */
export const breath = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Files of one portion: their records are half a millisecond's work, on a slow phone five. */
export const filesPerPortion = 200;

/** As `items.map(make)`, but ten thousand files do not hold the page. */
export async function mapInPortions<T, R>(items: readonly T[], make: (item: T, index: number) => R): Promise<R[]> {
  const made: R[] = [];
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % filesPerPortion === 0) await breath();
    made.push(make(item, index));
  }
  return made;
}

/** As JSON.stringify, but ten thousand files do not hold the page. */
export async function jsonOf(whole: { readonly files?: readonly unknown[] }): Promise<string> {
  const { files } = whole;
  if (files === undefined || files.length <= filesPerPortion) return JSON.stringify(whole);
  const parts: string[] = [];
  for (let at = 0; at < files.length; at += filesPerPortion) {
    parts.push(JSON.stringify(files.slice(at, at + filesPerPortion)).slice(1, -1));
    await breath();
  }
  // inside of a string the quotes would be escaped: the first match is the field itself
  return JSON.stringify({ ...whole, files: [] }).replace('"files":[]', () => `"files":[${parts.join(",")}]`);
}
