import type { Options } from "k6/options";

/** Thresholds come from one file, which the alerts and the metrics page read as well. */
interface Level {
  title: string;
  /** The share that must be good: 0 to 1. */
  objective: number;
  /** Good is what took no longer. */
  withinSeconds?: number;
}

const file = JSON.parse(open(import.meta.resolve("../../infra/service-levels.json"))) as {
  levels: Record<string, Level>;
  /** What only clients can see. */
  clients: Record<string, Level>;
};

/**
 * `{"parloir_ack{scenario:steady}": "ack"}` → k6's thresholds. The key is a metric of ours or k6's, with the tags whose
 * samples must hold the level.
 */
export function thresholds(wanted: Record<string, string>): NonNullable<Options["thresholds"]> {
  return Object.fromEntries(Object.entries(wanted).map(([metric, name]) => [metric, [expression(name)]]));
}

function expression(name: string): string {
  const level = file.levels[name] ?? file.clients[name];
  if (!level) throw new Error(`infra/service-levels.json has no level "${name}"`);
  const { objective, withinSeconds } = level;
  if (withinSeconds === undefined) return objective === 1 ? "count<1" : `rate<=${share(1 - objective)}`;
  const statistic = objective === 1 ? "max" : `p(${share(objective * 100)})`;
  return `${statistic}<=${withinSeconds * 1_000}`;
}

/** Without what binary fractions leave: 1 - 0.999 is 0.0010000000000000009. */
const share = (value: number) => Number(value.toFixed(6));

/** What a summary shows of every trend. */
export const trendStats = ["count", "min", "avg", "med", "p(95)", "p(99)", "max"];
