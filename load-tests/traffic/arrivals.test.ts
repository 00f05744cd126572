import { expect, it } from "vitest";
import { randomFrom } from "../../bench/src/load/schedule.ts";
import { arrivals } from "./arrivals.ts";
import { markOf, textOf } from "./talk.ts";

const stages = [
  { seconds: 100, rate: 20, phase: "before" },
  { seconds: 50, rate: 200, phase: "spike" },
  { seconds: 100, rate: 0, phase: "nothing" },
];

it("are as many as the rate says in each stage, ascending, and the same for the same seed", () => {
  const drawn = [...arrivals(stages, 1, randomFrom(1))];
  const of = (phase: string) => drawn.filter((each) => each.phase === phase);
  // A Poisson process: the standard deviation is the root of what is expected (2,000 and 10,000).
  expect(Math.abs(of("before").length - 2_000)).toBeLessThan(5 * Math.sqrt(2_000));
  expect(Math.abs(of("spike").length - 10_000)).toBeLessThan(5 * Math.sqrt(10_000));
  expect(of("nothing")).toEqual([]);
  const times = drawn.map(({ dueMs }) => dueMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(of("spike").every(({ dueMs }) => dueMs >= 100_000 && dueMs < 150_000)).toBe(true);
  expect([...arrivals(stages, 1, randomFrom(1))]).toEqual(drawn);
});

it("of several parts add up to the whole", () => {
  const parts = [1, 2, 3, 4].flatMap((seed) => [...arrivals(stages.slice(0, 1), 0.25, randomFrom(seed))]);
  expect(Math.abs(parts.length - 2_000)).toBeLessThan(5 * Math.sqrt(2_000));
});

it("a text tells when it was due, and others' texts nothing", () => {
  const text = textOf(1_700_000_000_123.4, "spike", 120);
  expect(text).toHaveLength(120);
  expect(markOf(text)).toEqual({ dueAt: 1_700_000_000_123, phase: "spike" });
  expect(markOf("hello #1.a#")).toBeNull();
});
