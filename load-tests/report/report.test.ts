import { expect, it } from "vitest";
import { junitOf } from "./junit.ts";
import { pageOf } from "./page.ts";
import { resultOf, rounded, type SummaryData } from "./result.ts";
import { textOf } from "./text.ts";

const trend = { count: 10, min: 1, avg: 2, med: 12.34, "p(95)": 40, "p(99)": 612.7, max: 700 };
const data: SummaryData = {
  state: { testRunDurationMs: 61_500 },
  metrics: {
    parloir_ack: { type: "trend", contains: "time", values: trend },
    "parloir_ack{scenario:steady}": {
      type: "trend",
      contains: "time",
      values: trend,
      thresholds: { "med<=100": { ok: true }, "p(99)<=500": { ok: false } },
    },
    parloir_missing: {
      type: "counter",
      contains: "default",
      values: { count: 0, rate: 0 },
      thresholds: { "count<=0": { ok: true } },
    },
    parloir_failed_sends: {
      type: "rate",
      contains: "default",
      values: { rate: 0, passes: 0, fails: 0 },
      thresholds: { "rate<=0.001": { ok: true } },
    },
    vus: { type: "gauge", contains: "default", values: { value: 3 } },
  },
  root_group: {
    checks: [{ name: "an <answer>", passes: 3, fails: 0 }],
    groups: [{ checks: [{ name: "grouped", passes: 1, fails: 1 }] }],
  },
};
const about = {
  scenarios: ["steady"],
  url: "http://localhost:8080",
  run: "r",
  instance: 0,
  instances: 2,
  at: "2026-01-01T00:00:00Z",
};
const result = resultOf(data, about);

it("a result says of each threshold what was measured, and fails with any of them or of the checks", () => {
  expect(result.thresholds).toEqual([
    { metric: "parloir_ack{scenario:steady}", expression: "med<=100", measured: 12.34, ok: true },
    { metric: "parloir_ack{scenario:steady}", expression: "p(99)<=500", measured: 612.7, ok: false },
    { metric: "parloir_missing", expression: "count<=0", measured: 0, ok: true },
    { metric: "parloir_failed_sends", expression: "rate<=0.001", measured: null, ok: true },
  ]);
  expect(result).toMatchObject({ scenarios: ["steady"], seconds: 61.5, passed: false });
  const held = resultOf({ ...data, metrics: {}, root_group: {} }, about);
  expect(held.passed).toBe(true);
  expect(resultOf({ ...data, metrics: {} }, about).passed).toBe(false);
});

it("JUnit has a case for each threshold and check, and a failure for each that broke", () => {
  const text = junitOf(result);
  expect(text).toContain('<testsuite name="steady" tests="6" failures="2"');
  expect(text.match(/<testcase /g)).toHaveLength(6);
  expect(text).toContain(
    'name="parloir_ack{scenario:steady} p(99)&lt;=500"><failure message="measured 613"/>',
  );
  expect(text).toContain('name="an &lt;answer&gt;"/>');
});

it("the page shows each figure, needs nothing from elsewhere, and runs no script", () => {
  const page = pageOf(result);
  for (const text of ["613", "12.3", "no sample", "an &lt;answer&gt;", "1 of 2", "machine 1 of 2"])
    expect(page).toContain(text);
  expect(page).not.toMatch(/<script|<link|src=|url\(/);
});

it("the terminal shows what held and what did not", () => {
  const text = textOf(result);
  expect(text).toContain("BROKEN  parloir_ack{scenario:steady} p(99)<=500 (613)");
  expect(text).toContain("held    parloir_missing count<=0 (0)");
  expect(text).toContain("held    parloir_failed_sends rate<=0.001 (no sample)");
  expect(text).toContain("steady against http://localhost:8080, 61.5 s: FAILED");
});

it.each([
  [1_234.56, "1235"],
  [12.34, "12.3"],
  [0.001_234, "0.00123"],
  [0, "0"],
])("%d is shown as %s", (value, text) => {
  expect(rounded(value)).toBe(text);
});
