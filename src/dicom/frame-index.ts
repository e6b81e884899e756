import { FrameFault } from "./codestream.ts";
import type { Span } from "./image-layout.ts";

/**
 * Which fragments make up each frame (PS3.5 A.4): all of them the only one, one each, or as the Basic Offset Table says.
 * @param table values of the Basic Offset Table: from the first fragment's item on
 * @param begins whether a compressed image begins in this fragment; asked only where nothing else tells
 * @throws FrameFault where nobody can tell
 */
export async function frameFragments(
  fragments: readonly Span[],
  frames: number,
  table: readonly number[],
  begins: (fragment: Span) => Promise<boolean>,
): Promise<(readonly Span[])[]> {
  if (frames === 1) return [fragments];
  if (fragments.length === frames) return fragments.map((fragment) => [fragment]);
  const starts = table.length === frames ? byTable(fragments, table) : await byContent(fragments, begins);
  if (starts.length !== frames || starts[0] !== 0)
    throw new FrameFault("Nothing tells where the frames of the compressed image begin.");
  return starts.map((start, index) => fragments.slice(start, starts[index + 1]));
}

/** Offsets count from the item tag of the first fragment (PS3.5 A.4). */
function byTable(fragments: readonly Span[], table: readonly number[]): number[] {
  const base = fragments[0]?.from ?? 0;
  const places = new Map(fragments.map(({ from }, index) => [from - base, index]));
  return table.map((offset) => places.get(offset)).filter((index) => index !== undefined);
}

async function byContent(fragments: readonly Span[], begins: (fragment: Span) => Promise<boolean>): Promise<number[]> {
  const starts: number[] = [];
  for (const [index, fragment] of fragments.entries()) if (await begins(fragment)) starts.push(index);
  return starts;
}
