import { countsOf, type Result, rounded, trendsOf } from "./result.ts";

/** What the terminal shows at the end. */
export function textOf(result: Result): string {
  const judged = result.thresholds.map(
    ({ ok, metric, expression, measured }) =>
      `  ${ok ? "held  " : "BROKEN"}  ${metric} ${expression} (${measured === null ? "no sample" : rounded(measured)})`,
  );
  const checks = result.checks.map(
    ({ name, passes, fails }) =>
      `  ${fails === 0 ? "held  " : "BROKEN"}  ${name} (${passes} of ${passes + fails})`,
  );
  const trends = trendsOf(result).map(
    ([name, v]) =>
      `  ${name}: ${["med", "p(95)", "p(99)", "max"].map((each) => `${each} ${shown(v[each])}`).join(", ")} ms`,
  );
  const counts = countsOf(result).map(([name, value]) => `  ${name}: ${rounded(value)}`);
  return [
    "",
    `${result.scenarios.join(", ")} against ${result.url}, ${rounded(result.seconds)} s: ${result.passed ? "passed" : "FAILED"}`,
    ...judged,
    ...checks,
    ...trends,
    ...counts,
    "",
  ].join("\n");
}

const shown = (value: number | undefined) => (value === undefined ? "–" : rounded(value));
