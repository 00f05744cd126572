/**
 * Buckets of durations, each 2 % wider than the one before: what is read from them is off by 1 % at most, and the
 * buckets of any two times add up. Bucket b holds what is longer than growth^(b-1) ms and no longer than growth^b; -1
 * holds nothing at all.
 */
export const bucketGrowth = 1.02;

/** As far from either end of the bucket. */
export function bucketMs(bucket: number): number {
  return bucket < 0 ? 0 : (2 * bucketGrowth ** bucket) / (1 + bucketGrowth);
}
