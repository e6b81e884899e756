import type { ChunkRange } from "../contract/upload.ts";

/** Number of chunks a file of `size` bytes has; 0 for an empty file. */
export const chunkCount = (size: number, chunkSize: number): number => Math.ceil(size / chunkSize);

/** What is missing of chunks 0..count-1, given sorted disjoint received ranges. */
export function missingRanges(received: readonly ChunkRange[], count: number): ChunkRange[] {
  const missing: ChunkRange[] = [];
  let next = 0;
  for (const [first, last] of received) {
    if (first > next) missing.push([next, Math.min(first, count) - 1]);
    next = last + 1;
  }
  if (next < count) missing.push([next, count - 1]);
  return missing;
}

/** Bytes of chunks first..last of a file; the last chunk of the file may be short. */
export const rangeBytes = ([first, last]: ChunkRange, chunkSize: number, size: number | null): number =>
  Math.min((last + 1) * chunkSize, size ?? Number.POSITIVE_INFINITY) - first * chunkSize;

export const contains = (ranges: readonly ChunkRange[], chunk: number): boolean =>
  ranges.some(([first, last]) => first <= chunk && chunk <= last);
