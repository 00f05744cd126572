import { type Judgement, type Result, rounded } from "./result.ts";

/** For a build server: each threshold and each check is a test case. */
export function junitOf(result: Result): string {
  const cases = [
    ...result.thresholds.map(thresholdCase),
    ...result.checks.map(({ name, passes, fails }) =>
      testCase("checks", name, fails === 0 ? null : `${fails} of ${passes + fails} failed`),
    ),
  ];
  const failures = cases.filter((text) => text.includes("<failure")).length;
  const attributes = `name="${escaped(result.scenarios.join(", "))}" tests="${cases.length}" failures="${failures}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes} time="${result.seconds}">`,
    `  <testsuite ${attributes} time="${result.seconds}" timestamp="${escaped(result.at)}">`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function thresholdCase({ metric, expression, measured, ok }: Judgement): string {
  const found = measured === null ? "no sample" : `measured ${rounded(measured)}`;
  return testCase("thresholds", `${metric} ${expression}`, ok ? null : found);
}

function testCase(className: string, name: string, failure: string | null): string {
  const open = `    <testcase classname="${className}" name="${escaped(name)}"`;
  return failure === null ? `${open}/>` : `${open}><failure message="${escaped(failure)}"/></testcase>`;
}

export function escaped(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/'/g, "&#39;");
}
