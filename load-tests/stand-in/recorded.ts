import type { SummaryData, SummaryMetric } from "../report/result.ts";

/** What k6 would record, and how it would judge it: just enough of it for the summaries of our scenarios. */

type Tags = Record<string, string>;
type Type = SummaryMetric["type"];
interface Sample {
  value: number;
  tags: Tags;
}

const metrics = new Map<string, { type: Type; samples: Sample[] }>();
const checks = new Map<string, { passes: number; fails: number }>();
/** Every sample carries it, as in k6. */
let scenarioTag = "";

export function nameScenario(name: string): void {
  scenarioTag = name;
}

export function record(name: string, type: Type, value: number, tags: Tags = {}): void {
  const metric = metrics.get(name) ?? { type, samples: [] };
  metrics.set(name, metric);
  metric.samples.push({ value, tags: { scenario: scenarioTag, ...tags } });
}

export function recordCheck(name: string, holds: boolean): boolean {
  const known = checks.get(name) ?? { passes: 0, fails: 0 };
  checks.set(name, known);
  known[holds ? "passes" : "fails"] += 1;
  record("checks", "rate", holds ? 1 : 0);
  return holds;
}

export function summaryOf(
  options: { scenarios?: Record<string, unknown>; thresholds?: Record<string, unknown[]> },
  durationMs: number,
): SummaryData {
  const summarised: Record<string, SummaryMetric> = {};
  const wanted = Object.keys(options.thresholds ?? {});
  for (const key of new Set([...metrics.keys(), ...wanted])) {
    const [, name = key, selector = ""] = /^([^{]+)(?:\{(.*)\})?$/.exec(key) ?? [];
    const metric = metrics.get(name);
    const samples = (metric?.samples ?? []).filter(({ tags }) => selects(selector, tags));
    const values = metric && samples.length > 0 ? valuesOf(metric.type, samples) : {};
    const expressions = (options.thresholds?.[key] ?? []) as string[];
    summarised[key] = {
      type: metric?.type ?? "counter",
      contains: "default",
      values,
      thresholds: Object.fromEntries(expressions.map((each) => [each, { ok: holds(each, values) }])),
    };
  }
  const listed = [...checks].map(([name, counts]) => ({ name, ...counts }));
  return {
    options,
    state: { testRunDurationMs: durationMs },
    metrics: summarised,
    root_group: { checks: listed },
  };
}

function selects(selector: string, tags: Tags): boolean {
  return selector
    .split(",")
    .filter((each) => each !== "")
    .every((each) => {
      const [tag, value] = each.split(":");
      return tags[tag!.trim()] === value;
    });
}

function valuesOf(type: Type, samples: Sample[]): Record<string, number> {
  const sorted = samples.map(({ value }) => value).sort((a, b) => a - b);
  const sum = sorted.reduce((total, value) => total + value, 0);
  if (type === "counter") return { count: sum };
  if (type === "rate") return { rate: sum / sorted.length };
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return {
    count: sorted.length,
    min: sorted[0]!,
    avg: sum / sorted.length,
    med: at(0.5),
    "p(95)": at(0.95),
    "p(99)": at(0.99),
    max: sorted.at(-1)!,
  };
}

/** As in k6, a threshold without a sample holds. */
function holds(expression: string, values: Record<string, number>): boolean {
  const [, statistic, comparison, bound] =
    /^([a-z]+(?:\([\d.]+\))?)(<=|<|==)([\d.]+)$/.exec(expression) ?? [];
  if (statistic === undefined) throw new Error(`not understood: ${expression}`);
  const value = values[statistic];
  if (value === undefined) return true;
  if (comparison === "<=") return value <= Number(bound);
  return comparison === "<" ? value < Number(bound) : value === Number(bound);
}
