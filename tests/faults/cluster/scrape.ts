import type { TestCluster } from "./launch.ts";

/**
 * Counters of all gateways, summed over processes that may die: the last reading of each incarnation counts. What a
 * killed process counted after its last reading is lost, a second's worth at most.
 */
export interface Scrape {
  /** Sum by series, such as `parloir_gaps_total{outcome="repaired"}`. */
  totals: () => Record<string, number>;
  /** What gateways had released by then, by how it came to them. */
  samples: Sample[];
  stop: () => Promise<void>;
}

export interface Sample {
  at: number;
  pushed: number;
  repaired: number;
}

const everyMs = 1_000;
const wanted =
  /^(parloir_(?:gaps|messages_delivered|messages_repeated|sync|connections_cut|unhandled_rejections)_total)\{(.*)\} (\S+)$/gm;

export function startScrape(cluster: TestCluster): Scrape {
  const readings = new Map<string, Record<string, number>>();
  const samples: Sample[] = [];
  let reading = Promise.resolve();
  const timer = setInterval(() => {
    reading = readAll();
  }, everyMs);

  async function readAll(): Promise<void> {
    const own = cluster.processes().filter(({ metricsUrl, pid }) => metricsUrl !== null && pid !== null);
    await Promise.all(
      own.map(async ({ name, pid, metricsUrl }) => {
        const text = await readText(metricsUrl!);
        if (text !== null) readings.set(`${name} ${pid}`, parse(text));
      }),
    );
    const sums = totals();
    const released = (source: string) => sums[`parloir_messages_delivered_total{source="${source}"}`] ?? 0;
    samples.push({ at: performance.now(), pushed: released("push"), repaired: released("repair") });
  }

  function totals(): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const series of readings.values())
      for (const [name, value] of Object.entries(series)) sums[name] = (sums[name] ?? 0) + value;
    return sums;
  }

  return {
    totals,
    samples,
    async stop() {
      clearInterval(timer);
      await reading;
      await readAll();
    },
  };
}

/** Null while the process is dead or frozen: its last reading stays. */
async function readText(url: string): Promise<string | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(900) });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}

function parse(text: string): Record<string, number> {
  const series: Record<string, number> = {};
  for (const [, name, labels = "", value] of text.matchAll(wanted)) {
    const kept = labels.split(",").filter((label) => !label.startsWith("node="));
    const key = kept.length > 0 ? `${name}{${kept.join(",")}}` : name!;
    series[key] = (series[key] ?? 0) + Number(value);
  }
  return series;
}
