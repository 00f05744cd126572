import type { Durations, Figures, ResponseTimes } from "@parloir/contracts/stats.ts";
import { expect, test } from "vitest";
import { weekOf } from "./week.ts";

const durations = (n: number, p50: number | null): Durations => ({
  n,
  mean: p50,
  p50,
  p90: p50,
  p95: p50,
  p99: p50,
  max: p50,
});
const figures = (n: number, p50: number | null, change: Partial<Figures> = {}): Figures => ({
  ...durations(n, p50),
  unanswered: 0,
  open: 0,
  business: durations(0, null),
  ...change,
});
const none = figures(0, null);

function week(hours: Record<string, Figures>, business = false) {
  const groups: ResponseTimes["groups"] = Object.entries(hours).map(([key, firstReply]) => ({
    key,
    firstReply,
    nextReply: none,
    resolution: none,
  }));
  return weekOf(groups, business);
}

test("an hour whose customers were all ignored is drawn, and marked", () => {
  const hours = week({ "1-09": figures(0, null, { unanswered: 3, open: 1 }) });
  expect(hours.get("1-09")).toEqual({
    n: 4,
    answered: 0,
    unanswered: 3,
    open: 1,
    median: null,
    mark: "ignored",
  });
});

test("the number is of all who wrote, as the list behind it; the mark is of the median", () => {
  const hours = week({ "1-09": figures(2, 100, { unanswered: 3 }), "1-10": figures(1, 400) });
  expect(hours.get("1-09")).toMatchObject({ n: 5, median: 100, mark: 1 });
  expect(hours.get("1-10")).toMatchObject({ n: 1, median: 400, mark: 4 });
});

test("an hour in which nobody wrote first is empty", () => {
  expect(week({ "1-09": none }).size).toBe(0);
});

test("in business hours: answered before any were set is neither fast nor ignored", () => {
  const hours = week({ "1-09": figures(2, 100), "1-10": figures(1, 9, { business: durations(1, 0) }) }, true);
  expect(hours.get("1-09")).toMatchObject({ n: 2, median: null, mark: null });
  expect(hours.get("1-10")).toMatchObject({ median: 0, mark: 1 });
});
