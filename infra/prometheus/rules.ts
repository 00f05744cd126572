import { burnAlerts, causeAlerts, type Rule, recordingRules } from "./alerts.ts";

/** `rules/parloir.yml`, from the service levels and the table of causes. */
export const rulesFile = new URL("rules/parloir.yml", import.meta.url);

const groups = {
  "parloir-levels": recordingRules,
  "parloir-budgets": burnAlerts,
  "parloir-causes": causeAlerts,
};
export const groupNames = Object.keys(groups);

export function renderRules(): string {
  const body = Object.entries(groups).map(([name, rules]) =>
    [`  - name: ${name}`, "    rules:", ...rules().map(ruleText)].join("\n"),
  );
  return `# Made by \`npm run monitoring\` from infra/service-levels.json and infra/prometheus/alerts.ts.\ngroups:\n${body.join("\n")}\n`;
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
