/** Numbers that look random and are the same in every run (mulberry32); a failure can be run again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One whole number from each of `count` equal parts of 1 … most, ascending. */
export const spread = (random: () => number, count: number, most: number): number[] =>
  Array.from({ length: count }, (_, part) => Math.max(1, Math.floor(((part + random()) * most) / count)));
