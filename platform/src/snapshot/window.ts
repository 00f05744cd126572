import type { Quantiles } from "@parloir/contracts/cluster.ts";
import type { MetricName, Metrics } from "../metrics.ts";

/**
 * What happened between two ticks, read from the process's own metrics, so that the metrics page and Prometheus
 * cannot disagree.
 */
export interface MetricsWindow {
  /** Reads every metric anew; what it read before becomes «before». Answers with the seconds in between. */
  tick: () => Promise<number>;
  /** Of a counter, or of a histogram's observations: a second. `labels` narrows it. */
  rate: (name: MetricName, labels?: Labels) => number;
  /** Of a histogram's observations, those at most that long, a second. The length is one of its bounds. */
  within: (name: MetricName, seconds: number) => number;
  /** A counter's or gauge's value now, summed over labels. */
  value: (name: MetricName, labels?: Labels) => number;
  /** What a label has been so far. */
  labelled: (name: MetricName, label: string) => string[];
  /** Null when nothing was observed. */
  quantiles: (name: MetricName) => Quantiles | null;
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

export function createMetricsWindow(metrics: Metrics, names: readonly MetricName[]): MetricsWindow {
  let before: Samples = new Map();
  let now: Samples = new Map();
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
  const grown = (name: string, part: string, labels: Labels = {}) =>
    sum(now, name, part, labels) - sum(before, name, part, labels);
  const isHistogram = (name: string) => now.get(name)?.some((each) => each.name === `${name}_count`) ?? false;

  return {
    async tick() {
      before = now;
      now = await read();
      const at = performance.now();
      seconds = (at - beforeAt) / 1_000;
      beforeAt = at;
      return seconds;
    },
    rate: (name, labels) =>
      seconds > 0 ? grown(name, isHistogram(name) ? `${name}_count` : name, labels) / seconds : 0,
    within: (name, bound) =>
      seconds > 0 ? grown(name, `${name}_bucket`, { le: String(bound) }) / seconds : 0,
    value: (name, labels = {}) => sum(now, name, name, labels),
    labelled: (name, label) => [
      ...new Set((now.get(name) ?? []).flatMap(({ labels }) => labels[label] ?? []).map(String)),
    ],
    quantiles(name) {
      const n = grown(name, `${name}_count`);
      if (n <= 0) return null;
      const bounds = [...new Set((now.get(name) ?? []).flatMap(({ labels }) => labels.le ?? []))]
        .map((le) => (le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le)))
        .sort((a, b) => a - b);
      const counts = bounds.map((bound) =>
        grown(name, `${name}_bucket`, { le: Number.isFinite(bound) ? String(bound) : "+Inf" }),
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
