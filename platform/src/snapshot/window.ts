import type { Quantiles } from "@parloir/contracts/cluster.ts";
import type { MetricName, Metrics } from "../metrics.ts";

/**
 * What happened since the tick before, or since some ticks ago, read from the process's own metrics, so that the metrics page and Prometheus
 * cannot disagree.
 */
export interface MetricsWindow {
  /** Reads every metric anew; what it read before becomes «before». Answers with the seconds in between. */
  tick: () => Promise<number>;
  /** Of a counter, or of a histogram's observations: a second. `labels` narrows it. */
  rate: (name: MetricName, labels?: Labels) => number;
  /** Of a counter, or of a histogram's observations: since the process started. */
  total: (name: MetricName, labels?: Labels) => number;
  /** Of a histogram's observations since the process started, those at most that long: one of its bounds. */
  within: (name: MetricName, seconds: number) => number;
  /** A counter's or gauge's value now, summed over labels. */
  value: (name: MetricName, labels?: Labels) => number;
  /** Of a gauge without labels; null when it is not known now. */
  known: (name: MetricName) => number | null;
  /** What a label is now. */
  labelled: (name: MetricName, label: string) => string[];
  /** Of the last ticks; null when nothing was observed. */
  quantiles: (name: MetricName, ticks?: number) => Quantiles | null;
  /** Of a histogram; null when nothing was observed. */
  mean: (name: MetricName) => number | null;
}

export type Labels = Record<string, string | readonly string[] | ((value: string) => boolean)>;

interface Sample {
  labels: Record<string, string | number>;
  value: number;
  name: string;
}

type Samples = Map<string, Sample[]>;

/** @param mostTicks how far back one may ask */
export function createMetricsWindow(
  metrics: Metrics,
  names: readonly MetricName[],
  mostTicks = 1,
): MetricsWindow {
  /** Oldest first; the process began with nothing. */
  let past: Samples[] = [new Map()];
  let now: Samples = past[0]!;
  let beforeAt = performance.now();
  let seconds = 0;

  async function read(): Promise<Samples> {
    const entries = names.map(async (name): Promise<[string, Sample[]]> => {
      const { values } = await metrics.get(name).get();
      return [
        name,
        values.map((each) => ({
          labels: each.labels as Sample["labels"],
          value: each.value,
          name: (each as { metricName?: string }).metricName ?? name,
        })),
      ];
    });
    return new Map(await Promise.all(entries));
  }

  const sum = (samples: Samples, name: string, part: string, labels: Labels) =>
    (samples.get(name) ?? [])
      .filter((each) => each.name === part && fits(each.labels, labels))
      .reduce((total, each) => total + each.value, 0);
  const grown = (name: string, part: string, labels: Labels = {}, ticks = 1) =>
    sum(now, name, part, labels) - sum(past.at(-ticks) ?? past[0]!, name, part, labels);
  const isHistogram = (name: string) => now.get(name)?.some((each) => each.name === `${name}_count`) ?? false;
  const counter = (name: string) => (isHistogram(name) ? `${name}_count` : name);

  return {
    async tick() {
      past = [...past, now].slice(-mostTicks);
      now = await read();
      const at = performance.now();
      seconds = (at - beforeAt) / 1_000;
      beforeAt = at;
      return seconds;
    },
    rate: (name, labels) => (seconds > 0 ? grown(name, counter(name), labels) / seconds : 0),
    total: (name, labels = {}) => sum(now, name, counter(name), labels),
    within: (name, bound) => sum(now, name, `${name}_bucket`, { le: String(bound) }),
    value: (name, labels = {}) => sum(now, name, name, labels),
    known: (name) => now.get(name)?.[0]?.value ?? null,
    labelled: (name, label) => [
      ...new Set((now.get(name) ?? []).flatMap(({ labels }) => labels[label] ?? []).map(String)),
    ],
    quantiles(name, ticks = 1) {
      const n = grown(name, `${name}_count`, {}, ticks);
      if (n <= 0) return null;
      const bounds = [...new Set((now.get(name) ?? []).flatMap(({ labels }) => labels.le ?? []))]
        .map((le) => (le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le)))
        .sort((a, b) => a - b);
      const counts = bounds.map((bound) =>
        grown(name, `${name}_bucket`, { le: Number.isFinite(bound) ? String(bound) : "+Inf" }, ticks),
      );
      const at = (share: number) => quantile(share, bounds, counts);
      return { p50: at(0.5), p95: at(0.95), p99: at(0.99), n };
    },
    mean(name) {
      const n = grown(name, `${name}_count`);
      return n > 0 ? grown(name, `${name}_sum`) / n : null;
    },
  };
}

function fits(labels: Sample["labels"], wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => {
    const given = String(labels[name] ?? "");
    return typeof value === "function" ? value(given) : [value].flat().includes(given);
  });
}

/**
 * Linear within the bucket, as Prometheus' `histogram_quantile`; beyond the last bound, that bound.
 * @param bounds ascending, the last one infinite; @param counts cumulative
 */
export function quantile(share: number, bounds: readonly number[], counts: readonly number[]): number {
  const rank = share * (counts.at(-1) ?? 0);
  const index = counts.findIndex((count) => count >= rank && count > 0);
  const upper = bounds[index] ?? 0;
  const lower = index > 0 ? bounds[index - 1]! : 0;
  if (!Number.isFinite(upper)) return lower;
  const below = index > 0 ? counts[index - 1]! : 0;
  const inside = counts[index]! - below;
  return lower + (upper - lower) * (inside > 0 ? (rank - below) / inside : 1);
}
