import { expect, test } from "vitest";
import type { Measurement } from "./measure.ts";
import { isSustained, Search } from "./saturate.ts";

function measured(ratePerSecond: number, p99: number, more: object = {}): Measurement {
  const result = { offered: 1_000, acksInWindow: 1_000, errors: {}, lost: 0, ...more };
  return { ratePerSecond, ack: { p99 }, result, otherCores: 0 } as Measurement;
}

/** A server that sustains up to `limit`; the rates in `hiccups` fail the first time. */
function ratesTried(limit: number, hiccups: number[] = []): { rates: number[]; best: number | undefined } {
  const search = new Search(100, 2);
  const rates: number[] = [];
  for (let rate = search.nextRate; rate !== undefined; rate = search.nextRate) {
    const hiccup = hiccups.includes(rate) && !rates.includes(rate);
    search.learn(measured(rate, rate > limit || hiccup ? 900 : 20));
    rates.push(rate);
  }
  return { rates, best: search.best?.ratePerSecond };
}

test("climbs, tries a failed rate again, then one between", () => {
  expect(ratesTried(300)).toEqual({ rates: [100, 200, 400, 400, 283], best: 283 });
  expect(ratesTried(250)).toEqual({ rates: [100, 200, 400, 400, 283], best: 200 });
});

test("one hiccup does not end the climb", () => {
  expect(ratesTried(300, [200])).toEqual({ rates: [100, 200, 200, 400, 400, 283], best: 283 });
});

test("a failure while others use the machine is repeated, a few times", () => {
  const search = new Search(100, 2);
  const disturbed = { ...measured(100, 900), otherCores: 1 };
  for (let time = 0; time < 5; time += 1) search.learn(disturbed);
  expect(search.nextRate).toBe(100);
  search.learn(measured(100, 20));
  expect(search.nextRate).toBe(200);
});

test("a target that fails at once has no sustained rate", () => {
  expect(ratesTried(50)).toEqual({ rates: [100, 100], best: undefined });
});

test.each([
  ["slow acks", measured(100, 501)],
  ["too few acks", measured(100, 20, { acksInWindow: 970 })],
  ["an error", measured(100, 20, { errors: { UNAVAILABLE: 1 } })],
  ["a lost message", measured(100, 20, { lost: 1 })],
])("%s is not sustained", (_name, measurement) => {
  expect(isSustained(measured(100, 499, { acksInWindow: 981 }))).toBe(true);
  expect(isSustained(measurement)).toBe(false);
});
