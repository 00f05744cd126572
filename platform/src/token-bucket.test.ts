import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTokenBuckets } from "./token-bucket.ts";

describe("createTokenBuckets", () => {
  it("gives the burst at once, then says how long to wait, and that wait is enough", () => {
    const buckets = createTokenBuckets(5, 20);
    for (let n = 0; n < 20; n++) expect(buckets.take("ana", 1_000)).toBe(0);
    const wait = buckets.take("ana", 1_000);
    expect(wait).toBe(200);
    expect(buckets.take("ana", 1_000 + wait - 1)).toBeGreaterThan(0);
    expect(buckets.take("ana", 1_000 + wait)).toBe(0);
  });

  it("fills up to the burst and no further, however long nobody takes", () => {
    const buckets = createTokenBuckets(5, 20);
    buckets.take("ana", 0);
    const taken = Array.from({ length: 100 }, () => buckets.take("ana", 3_600_000)).filter(
      (wait) => wait === 0,
    );
    expect(taken).toHaveLength(20);
  });

  it("keeps people apart", () => {
    const buckets = createTokenBuckets(1, 1);
    expect(buckets.take("ana", 0)).toBe(0);
    expect(buckets.take("ana", 0)).toBeGreaterThan(0);
    expect(buckets.take("ben", 0)).toBe(0);
  });

  it("at a rate of 0 is no limit", () => {
    const buckets = createTokenBuckets(0, 0);
    for (let n = 0; n < 10_000; n++) expect(buckets.take("ana", 0)).toBe(0);
  });

  it("forgets full buckets without giving anyone more for it", () => {
    const buckets = createTokenBuckets(1, 2);
    for (let n = 0; n < 25_000; n++) buckets.take(`person ${n}`, n);
    expect([25_000, 25_000, 25_000].map((now) => buckets.take("person 24999", now) === 0)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("admits at most the burst and what flows in, over any stretch of time", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 200 }),
        (perSecond, burst, pauses) => {
          const buckets = createTokenBuckets(perSecond, burst);
          let now = 0;
          const admitted: number[] = [];
          for (const pause of pauses) {
            now += pause;
            if (buckets.take("ana", now) === 0) admitted.push(now);
          }
          for (const [first, from] of admitted.entries()) {
            for (let last = first; last < admitted.length; last++) {
              const flowed = ((admitted[last]! - from) / 1_000) * perSecond;
              expect(last - first + 1).toBeLessThanOrEqual(burst + flowed + 1e-6);
            }
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
