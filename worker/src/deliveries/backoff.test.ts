import { expect, it } from "vitest";
import { backoffMs } from "./backoff.ts";

it("doubles with every attempt, up to four hours", () => {
  const delays = [1, 2, 3, 12, 1_000].map((attempts) => backoffMs(5_000, attempts, 0));
  expect(delays).toEqual([5_000, 10_000, 20_000, 10_240_000, 14_400_000]);
});

it("leaves out up to half of it, at random", () => {
  expect(backoffMs(5_000, 2, 0.5)).toBe(7_500);
  const drawn = Array.from({ length: 100 }, () => backoffMs(5_000, 1));
  expect(Math.min(...drawn)).toBeGreaterThan(2_500);
  expect(Math.max(...drawn)).toBeLessThanOrEqual(5_000);
  expect(new Set(drawn).size).toBeGreaterThan(90);
});
