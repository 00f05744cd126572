import { test } from "k6/execution";
import { junitOf } from "../report/junit.ts";
import { pageOf } from "../report/page.ts";
import { resultOf, type SummaryData } from "../report/result.ts";
import { textOf } from "../report/text.ts";
import { baseUrl, instance, instances, reportDir, run } from "./environment.ts";

/** k6 calls it once, at the end. Every scenario exports it. */
export function handleSummary(data: SummaryData): Record<string, string> {
  const result = resultOf(data, {
    // Not among what k6 hands over.
    scenarios: Object.keys(test.options.scenarios ?? {}),
    url: baseUrl,
    run,
    instance,
    instances,
    at: new Date().toISOString(),
  });
  return {
    stdout: textOf(result),
    [`${reportDir}/summary.json`]: `${JSON.stringify(result, null, 2)}\n`,
    [`${reportDir}/junit.xml`]: junitOf(result),
    [`${reportDir}/report.html`]: pageOf(result),
  };
}
