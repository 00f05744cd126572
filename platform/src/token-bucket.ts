/**
 * Token buckets per key, in this process: `perSecond` tokens flow in up to `burst`. Time is passed in, so that a
 * test needs no clock. A rate of 0 switches the limit off.
 */
export interface TokenBuckets {
  /** 0 when a token was taken, else the milliseconds until there is one. */
  take: (key: string, nowMs?: number) => number;
}

export interface LocalBuckets extends TokenBuckets {
  /** No more than this is left, as is known from elsewhere; below 0 is owed. */
  lower: (key: string, tokens: number, nowMs?: number) => void;
}

interface Bucket {
  tokens: number;
  at: number;
}

const sweepEvery = 10_000;

export function createTokenBuckets(perSecond: number, burst: number): LocalBuckets {
  if (perSecond <= 0) return { take: () => 0, lower: () => undefined };
  const capacity = Math.max(1, burst);
  const buckets = new Map<string, Bucket>();
  let taken = 0;

  /** A bucket that has had time to fill up is the same as none. */
  function sweep(now: number): void {
    for (const [key, { tokens, at }] of buckets)
      if (now - at > ((capacity - tokens) / perSecond) * 1_000) buckets.delete(key);
  }

  function fill(key: string, now: number): Bucket {
    const bucket = buckets.get(key) ?? { tokens: capacity, at: now };
    bucket.tokens = Math.min(capacity, bucket.tokens + ((now - bucket.at) / 1_000) * perSecond);
    bucket.at = now;
    buckets.set(key, bucket);
    return bucket;
  }

  return {
    take(key, now = performance.now()) {
      if (++taken % sweepEvery === 0) sweep(now);
      const bucket = fill(key, now);
      if (bucket.tokens >= 1) {
        bucket.tokens -= 1;
        return 0;
      }
      return ((1 - bucket.tokens) / perSecond) * 1_000;
    },
    lower(key, tokens, now = performance.now()) {
      const bucket = fill(key, now);
      bucket.tokens = Math.min(bucket.tokens, tokens);
    },
  };
}
