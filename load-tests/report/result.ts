/** What k6 hands to `handleSummary`, as far as it is read here (the format without `--new-machine-readable-summary`). */
export interface SummaryData {
  state: { testRunDurationMs: number };
  metrics: Record<string, SummaryMetric>;
  root_group: SummaryGroup;
}

type Values = Record<string, number>;

export interface SummaryMetric {
  type: "trend" | "counter" | "rate" | "gauge";
  contains: string;
  values: Values;
  thresholds?: Record<string, { ok: boolean }>;
}

interface SummaryGroup {
  checks?: { name: string; passes: number; fails: number }[];
  groups?: SummaryGroup[];
}

export interface Judgement {
  metric: string;
  /** As k6 writes it: `p(99)<=500`. */
  expression: string;
  /** What was measured; null when the metric had no sample, for which k6 itself says 0. */
  measured: number | null;
  ok: boolean;
}

export interface Result {
  scenarios: string[];
  url: string;
  run: string;
  instance: number;
  instances: number;
  at: string;
  seconds: number;
  passed: boolean;
  thresholds: Judgement[];
  checks: { name: string; passes: number; fails: number }[];
  metrics: Record<string, { type: SummaryMetric["type"]; values: Values }>;
}

type About = Pick<Result, "scenarios" | "url" | "run" | "instance" | "instances" | "at">;

export function resultOf(data: SummaryData, about: About): Result {
  const thresholds = Object.entries(data.metrics).flatMap(([metric, { type, values, thresholds = {} }]) =>
    Object.entries(thresholds).map(([expression, { ok }]) => ({
      metric,
      expression,
      measured: measuredBy(expression, type, values),
      ok,
    })),
  );
  const checks = checksOf(data.root_group);
  return {
    ...about,
    seconds: data.state.testRunDurationMs / 1_000,
    passed: thresholds.every(({ ok }) => ok) && checks.every(({ fails }) => fails === 0),
    thresholds,
    checks,
    metrics: Object.fromEntries(
      Object.entries(data.metrics).map(([name, { type, values }]) => [name, { type, values }]),
    ),
  };
}

function measuredBy(expression: string, type: SummaryMetric["type"], values: Values): number | null {
  if (samplesOf(type, values) === 0) return null;
  const statistic = /^[a-z]+(\([\d.]+\))?/.exec(expression)?.[0] ?? "";
  return values[statistic] ?? null;
}

/** Null where a summary does not tell. */
function samplesOf(type: SummaryMetric["type"], { count, passes, fails }: Values): number | null {
  if (type === "trend") return count ?? null;
  return type === "rate" && passes !== undefined && fails !== undefined ? passes + fails : null;
}

function checksOf({ checks = [], groups = [] }: SummaryGroup): Result["checks"] {
  return [...checks.map(({ name, passes, fails }) => ({ name, passes, fails })), ...groups.flatMap(checksOf)];
}

/** 1234.567 → 1235, 12.3456 → 12.3, 0.00123 → 0.00123. */
export function rounded(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return String(Math.round(value));
  return size >= 1 ? value.toFixed(1) : String(Number(value.toPrecision(3)));
}

/** Trends of ours and of REST, in the order in which one reads them; a metric's parts by tag follow it. */
export function trendsOf(result: Result): [name: string, values: Values][] {
  return Object.entries(result.metrics)
    .filter(([name, { type, values }]) => type === "trend" && isOurs(name) && (values.count ?? 1) > 0)
    .map(([name, { values }]): [string, Values] => [name, values])
    .sort(([a], [b]) => a.localeCompare(b));
}

export function countsOf(result: Result): [name: string, value: number][] {
  return Object.entries(result.metrics)
    .filter(([name, { type }]) => type !== "trend" && (isOurs(name) || name === "dropped_iterations"))
    .map(([name, { values }]): [string, number] => [name, values.count ?? values.rate ?? values.value ?? 0])
    .sort(([a], [b]) => a.localeCompare(b));
}

const isOurs = (name: string) => name.startsWith("parloir_") || name.startsWith("http_req_duration{");
