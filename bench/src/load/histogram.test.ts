import { expect, test } from "vitest";
import { Histogram } from "./histogram.ts";
import { randomFrom } from "./schedule.ts";

test("percentiles are within one per cent of the exact ones, from microseconds to minutes", () => {
  const random = randomFrom(7);
  const values = Array.from({ length: 20_000 }, () => 0.05 * 10 ** (random() * 6));
  const histogram = new Histogram();
  for (const value of values) histogram.recordMs(value);
  values.sort((a, b) => a - b);
  for (const percent of [1, 25, 50, 95, 99, 99.9]) {
    const exact = values[Math.ceil((percent / 100) * values.length) - 1]!;
    // Half a microsecond of rounding on either side of the bucket's own 0.8 %.
    expect(histogram.percentileMs(percent)).toBeGreaterThanOrEqual(exact - 0.001);
    expect(histogram.percentileMs(percent)).toBeLessThanOrEqual(exact * 1.01 + 0.001);
  }
  expect(histogram.summary().max).toBeCloseTo(values.at(-1)!, 2);
});

test("two histograms added are the histogram of both", () => {
  const [left, right, both] = [new Histogram(), new Histogram(), new Histogram()];
  for (let value = 0; value < 500; value += 1) {
    (value % 3 === 0 ? left : right).recordMs(value);
    both.recordMs(value);
  }
  left.add(JSON.parse(JSON.stringify(right.state())));
  expect(left.state()).toEqual(both.state());
  expect(left.summary()).toEqual(both.summary());
});

test("an empty histogram has no percentiles, a single value is every percentile", () => {
  const histogram = new Histogram();
  expect(histogram.percentileMs(99)).toBeNaN();
  histogram.recordMs(12.345);
  expect(histogram.summary()).toEqual({ count: 1, p50: 12.345, p95: 12.345, p99: 12.345, max: 12.345 });
});

test("values beyond the range stay at its ends", () => {
  const histogram = new Histogram();
  histogram.recordMs(-5);
  histogram.recordMs(1e12);
  expect(histogram.percentileMs(50)).toBe(0);
  expect(histogram.percentileMs(100)).toBeCloseTo(2_147_483.647, 3);
});
