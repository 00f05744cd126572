/** How far behind the workers were during a run: from the histograms that they serve to Prometheus. */

const watched = {
  parloir_outbox_lag_seconds: "outbox row waited for the relay",
  parloir_notification_seconds: "commit to notification",
} as const;
type Metric = keyof typeof watched;

/** Cumulative counts by upper bound in seconds, summed over the workers. */
type Buckets = Map<number, number>;
type Reading = Record<Metric, Buckets>;

export async function readWorkers(metricsUrls: readonly string[]): Promise<Reading> {
  const reading = {} as Reading;
  for (const metric of Object.keys(watched) as Metric[]) reading[metric] = new Map();
  for (const url of metricsUrls) {
    const text = await (await fetch(url)).text();
    for (const [, name, bound, count] of text.matchAll(/^(\w+)_bucket\{.*?le="([^"]+)".*?\} (\d+)$/gm)) {
      const buckets = reading[name as Metric] as Buckets | undefined;
      const upper = bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound);
      buckets?.set(upper, (buckets.get(upper) ?? 0) + Number(count));
    }
  }
  return reading;
}

/** One line for each: how many there were, and which bucket holds the median and the 99th percentile. */
export function lagLines(before: Reading, after: Reading): string[] {
  return (Object.keys(watched) as Metric[]).map((metric) => {
    const counts = [...after[metric]]
      .map(([upper, count]) => ({ upper, count: count - (before[metric].get(upper) ?? 0) }))
      .sort((a, b) => a.upper - b.upper);
    const all = counts.at(-1)?.count ?? 0;
    const within = (share: number) => counts.find(({ count }) => count >= share * all)?.upper;
    return `${watched[metric]}: ${all} times, half within ${within(0.5)} s, 99 % within ${within(0.99)} s, all within ${within(1)} s`;
  });
}
