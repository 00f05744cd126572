import type { SummaryData, SummaryMetric } from "../report/result.ts";

/** What k6 would record, and how it would judge it: just enough of it for the summaries of our scenarios. */

type Tags = Record<string, string>;
type Type = SummaryMetric["type"];
interface Sample {
  value: number;
  tags: Tags;
}

/** k6's own are there in every run. */
const metrics = new Map<string, { type: Type; samples: Sample[] }>([
  ["checks", { type: "rate", samples: [] }],
  ["dropped_iterations", { type: "counter", samples: [] }],
  ["http_req_duration", { type: "trend", samples: [] }],
  ["http_req_failed", { type: "rate", samples: [] }],
]);
const checks = new Map<string, { passes: number; fails: number }>();
/** Every sample carries it, as in k6. */
let scenarioTag = "";

export function nameScenario(name: string): void {
  scenarioTag = name;
}

/** Each VU declares it anew. */
export function declare(name: string, type: Type): void {
  if (!metrics.has(name)) metrics.set(name, { type, samples: [] });
}

export function record(name: string, value: number, tags: Tags = {}): void {
  metrics.get(name)!.samples.push({ value, tags: { scenario: scenarioTag, ...tags } });
}

export function recordCheck(name: string, holds: boolean): boolean {
  const known = checks.get(name) ?? { passes: 0, fails: 0 };
  checks.set(name, known);
  known[holds ? "passes" : "fails"] += 1;
  record("checks", holds ? 1 : 0);
  return holds;
}

export function summaryOf(
  options: { thresholds?: Record<string, unknown[]> },
  durationMs: number,
): SummaryData {
  const summarised: Record<string, SummaryMetric> = {};
  const wanted = Object.keys(options.thresholds ?? {});
  for (const key of new Set([...metrics.keys(), ...wanted])) {
    const [, name = key, selector = ""] = /^([^{]+)(?:\{(.*)\})?$/.exec(key) ?? [];
    const metric = metrics.get(name);
    if (!metric) throw new Error(`invalid threshold defined on ${key}: no metric name "${name}" found`);
    const samples = metric.samples.filter(({ tags }) => selects(selector, tags));
    const values = valuesOf(metric.type, samples);
    const expressions = (options.thresholds?.[key] ?? []) as string[];
    summarised[key] = {
      type: metric.type,
      contains: "default",
      values,
      thresholds: Object.fromEntries(
        expressions.map((each) => [
          each,
          { ok: (metric.type === "rate" && samples.length === 0) || holds(each, values) },
        ]),
      ),
    };
  }
  const listed = [...checks].map(([name, counts]) => ({ name, ...counts }));
  return { state: { testRunDurationMs: durationMs }, metrics: summarised, root_group: { checks: listed } };
}

export function isEveryThresholdHeld({ metrics }: SummaryData): boolean {
  return Object.values(metrics).every(({ thresholds = {} }) =>
    Object.values(thresholds).every(({ ok }) => ok),
  );
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

/** As in k6, all 0 without a sample. */
function valuesOf(type: Type, samples: Sample[]): Record<string, number> {
  const sorted = samples.map(({ value }) => value).sort((a, b) => a - b);
  const sum = sorted.reduce((total, value) => total + value, 0);
  const mean = sorted.length === 0 ? 0 : sum / sorted.length;
  if (type === "counter") return { count: sum };
  if (type === "rate") return { rate: mean, passes: sum, fails: sorted.length - sum };
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return {
    count: sorted.length,
    min: at(0),
    avg: mean,
    med: at(0.5),
    "p(95)": at(0.95),
    "p(99)": at(0.99),
    max: at(1),
  };
}

function holds(expression: string, values: Record<string, number>): boolean {
  const [, statistic, comparison, bound] =
    /^([a-z]+(?:\([\d.]+\))?)(<=|<|>=|==)([\d.]+)$/.exec(expression) ?? [];
  const value = values[statistic ?? ""];
  if (value === undefined) throw new Error(`not understood: ${expression}`);
  if (comparison === "<=") return value <= Number(bound);
  if (comparison === ">=") return value >= Number(bound);
  return comparison === "<" ? value < Number(bound) : value === Number(bound);
}
