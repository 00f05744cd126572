import type { Options } from "k6/options";
import { finishedThreshold } from "./finished.ts";

type Thresholds = NonNullable<Options["thresholds"]>;

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
export function thresholds(wanted: Record<string, string>): Thresholds {
  return Object.fromEntries(Object.entries(wanted).map(([metric, name]) => [metric, [expression(name)]]));
}

/** Of every scenario in which people write. */
export const lossless = {
  parloir_failed_sends: "send",
  parloir_missing: "complete",
  parloir_misordered: "complete",
  parloir_absent: "complete",
};

/** Those of a scenario whose cells talk: besides its own, that nothing is lost and that the run is valid. */
export function talkThresholds(cells: number, wanted: Record<string, string>): Thresholds {
  return {
    ...thresholds({ ...wanted, ...lossless }),
    ...finishedThreshold(cells),
    // No level of the cluster: a generator that is late itself measures itself.
    parloir_generator_late: ["p(99)<=20"],
  };
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
