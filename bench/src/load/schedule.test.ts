import { expect, test } from "vitest";
import { poissonSchedule } from "./schedule.ts";

const minuteAt500 = { seed: 1, ratePerSecond: 500, durationMs: 60_000, senders: 40 };

test("the same seed gives the same arrivals, another seed others", () => {
  expect(poissonSchedule(minuteAt500)).toEqual(poissonSchedule(minuteAt500));
  expect(poissonSchedule({ ...minuteAt500, seed: 2 }).dueMs).not.toEqual(poissonSchedule(minuteAt500).dueMs);
});

test("the number of arrivals is the rate's, within four standard deviations", () => {
  const expected = 30_000;
  for (const seed of [1, 2, 3, 4, 5]) {
    const count = poissonSchedule({ ...minuteAt500, seed }).dueMs.length;
    expect(Math.abs(count - expected)).toBeLessThan(4 * Math.sqrt(expected));
  }
});

test("the gaps are exponential: mean and standard deviation are both 1/rate", () => {
  const { dueMs } = poissonSchedule(minuteAt500);
  const gaps = Array.from(dueMs.subarray(1), (due, index) => due - dueMs[index]!);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
  expect(mean).toBeCloseTo(2, 1);
  expect(deviation).toBeCloseTo(2, 1);
  expect(gaps.every((gap) => gap >= 0)).toBe(true);
});

test("every sender gets a fair part", () => {
  const { sender } = poissonSchedule(minuteAt500);
  const counts = new Array<number>(40).fill(0);
  for (const index of sender) counts[index] = counts[index]! + 1;
  expect(Math.min(...counts)).toBeGreaterThan(600);
  expect(Math.max(...counts)).toBeLessThan(900);
});
