import { burnAlerts, causeAlerts, type Rule, recordingRules } from "./alerts.ts";

/** `rules/parloir.yml`, from the service levels and the table of causes. */
export const rulesFile = new URL("rules/parloir.yml", import.meta.url);
/** The same for the Prometheus operator, which takes rules from objects of Kubernetes. */
export const operatorRulesFile = new URL("../kubernetes/components/monitoring/rules.yaml", import.meta.url);

const groups = {
  "parloir-levels": recordingRules,
  "parloir-budgets": burnAlerts,
  "parloir-causes": causeAlerts,
};
export const groupNames = Object.keys(groups);

const origin =
  "# Made by `npm run monitoring` from infra/service-levels.json and infra/prometheus/alerts.ts.\n";

export function renderRules(): string {
  const body = Object.entries(groups).map(([name, rules]) =>
    [`  - name: ${name}`, "    rules:", ...rules().map(ruleText)].join("\n"),
  );
  return `${origin}groups:\n${body.join("\n")}\n`;
}

export function renderOperatorRules(): string {
  const [, spec = ""] = renderRules().split(origin);
  return `${origin}apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: parloir
  labels: { app.kubernetes.io/part-of: parloir }
spec:
${spec.replace(/^(?=.)/gm, "  ")}`;
}

function ruleText({ labels, annotations, expr, ...rest }: Rule): string {
  const { record, alert, for: during } = rest;
  const lines = [
    `      - ${record === undefined ? `alert: ${alert}` : `record: ${record}`}`,
    "        expr: |",
    ...expr.split("\n").map((line) => `          ${line.trim()}`),
    ...(during === undefined ? [] : [`        for: ${during}`]),
    ...mapText("labels", labels),
    ...mapText("annotations", annotations),
  ];
  return lines.join("\n");
}

// What JSON writes as a text YAML reads as the same text.
function mapText(name: string, values: Record<string, string> = {}): string[] {
  const lines = Object.entries(values).map(([key, value]) => `          ${key}: ${JSON.stringify(value)}`);
  return lines.length > 0 ? [`        ${name}:`, ...lines] : [];
}
