import type { Spread } from "../contract/statistics.ts";

/** How many values lie where, in steps of 5 %: those of a day are added to those of another without being sorted again. */
export type Buckets = ReadonlyMap<number, number>;

const step = Math.log(1.05);
const bucketOf = (value: number) => Math.round(Math.log(Math.max(value, 1e-3)) / step);

export function bucketsOf(values: Iterable<number>): Buckets {
  const buckets = new Map<number, number>();
  for (const value of values) buckets.set(bucketOf(value), (buckets.get(bucketOf(value)) ?? 0) + 1);
  return buckets;
}

export function added(all: Iterable<Buckets>): Buckets {
  const sum = new Map<number, number>();
  for (const one of all) for (const [bucket, count] of one) sum.set(bucket, (sum.get(bucket) ?? 0) + count);
  return sum;
}

/** Nearest-rank percentiles of what the buckets hold. */
export function spreadOf(buckets: Buckets): Spread {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const count = sorted.reduce((sum, [, of]) => sum + of, 0);
  const at = (share: number) => {
    let left = Math.ceil(count * share);
    for (const [bucket, of] of sorted) {
      left -= of;
      if (left <= 0) return Number(Math.exp(bucket * step).toPrecision(3));
    }
    return null;
  };
  if (count === 0) return { count, p05: null, median: null, p95: null };
  return { count, p05: at(0.05), median: at(0.5), p95: at(0.95) };
}
