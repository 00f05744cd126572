/**
 * Token buckets per key, in this process: `perSecond` tokens flow in up to `burst`. Time is passed in, so that a
 * test needs no clock. A rate of 0 switches the limit off.
 */
export interface TokenBuckets {
  /** 0 when a token was taken, else the milliseconds until there is one. */
  take: (key: string, nowMs?: number) => number;
}

interface Bucket {
  tokens: number;
  at: number;
}

const sweepEvery = 10_000;

export function createTokenBuckets(perSecond: number, burst: number): TokenBuckets {
  if (perSecond <= 0) return { take: () => 0 };
  const capacity = Math.max(1, burst);
  const buckets = new Map<string, Bucket>();
  let taken = 0;

  /** A bucket that has had time to fill up is the same as none. */
  function sweep(now: number): void {
    const full = (capacity / perSecond) * 1_000;
    for (const [key, bucket] of buckets) if (now - bucket.at > full) buckets.delete(key);
  }

  return {
    take(key, now = performance.now()) {
      if (++taken % sweepEvery === 0) sweep(now);
      const bucket = buckets.get(key) ?? { tokens: capacity, at: now };
      bucket.tokens = Math.min(capacity, bucket.tokens + ((now - bucket.at) / 1_000) * perSecond);
      bucket.at = now;
      buckets.set(key, bucket);
      if (bucket.tokens >= 1) {
        bucket.tokens -= 1;
        return 0;
      }
      return ((1 - bucket.tokens) / perSecond) * 1_000;
    },
  };
}
