import { stringify } from "yaml";
import type { AlertCase } from "./alert-case.ts";
import { burnAlerts, causeAlerts, type Rule } from "./alerts.ts";
import { asked, budgetCases } from "./budget-cases.ts";
import { causeCases } from "./cause-cases.ts";
import { groupNames } from "./rules.ts";

/** `rules/*.test.yml`, but for the one that is written by hand. */
export const caseFiles = {
  "budgets-fast.test.yml": { evaluation: `${asked.Fast.every}m`, cases: budgetCases("Fast") },
  "budgets-slow.test.yml": { evaluation: `${asked.Slow.every}m`, cases: budgetCases("Slow") },
  "causes.test.yml": { evaluation: "1m", cases: causeCases() },
};
export const caseFile = (name: string) => new URL(`rules/${name}`, import.meta.url);

export function renderCases({ evaluation, cases }: { evaluation: string; cases: AlertCase[] }): string {
  const rules = [...burnAlerts(), ...causeAlerts()];
  const tests = cases.map(({ name, alert, interval, series, at, fires }) => {
    const rule = rules.find((each) => each.alert === alert);
    if (!rule) throw new Error(`there is no alert ${alert}`);
    const expected = fires === null ? [] : [told(rule, fires)];
    return {
      name,
      interval,
      input_series: Object.entries(series).map(([each, values]) => ({ series: each, values })),
      alert_rule_test: [{ alertname: alert, eval_time: at, exp_alerts: expected }],
    };
  });
  const head = {
    rule_files: ["parloir.yml"],
    evaluation_interval: evaluation,
    // In any order otherwise: an alert would find the shares of an hour ago, which are too old to count.
    group_eval_order: groupNames,
  };
  return `# Made by \`npm run monitoring\` from infra/prometheus/cases.ts.\n${stringify({ ...head, tests })}`;
}

/** The alert as somebody gets it. */
function told({ labels, annotations }: Rule, who: Record<string, string>) {
  const text = (template: string) =>
    template.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => who[label] ?? "");
  return {
    exp_labels: { ...labels, ...who },
    exp_annotations: { ...annotations, summary: text(annotations!.summary!) },
  };
}
