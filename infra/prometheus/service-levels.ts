import { readFileSync } from "node:fs";

/** The one file of service levels: alert rules, the metrics page and load tests take them from there. */

interface RatioLevel {
  title: string;
  /** The share that must be good. */
  objective: number;
  /** Selectors of counters. */
  all: string;
  bad: string;
}

interface LatencyLevel {
  title: string;
  objective: number;
  histogram: string;
  /** One of the histogram's bounds: what is at most this long is good. */
  withinSeconds: number;
}

export type Level = RatioLevel | LatencyLevel;

export interface BurnRate {
  severity: "page" | "ticket";
  /** Both windows must burn: the long one says that it matters, the short one that it goes on. */
  long: string;
  short: string;
  /** How many times faster than evenly over `days`. */
  factor: number;
}

export interface ServiceLevels {
  days: number;
  levels: Record<string, Level>;
  burnRates: BurnRate[];
}

export const serviceLevels = JSON.parse(
  readFileSync(new URL("../service-levels.json", import.meta.url), "utf8"),
) as ServiceLevels;

/** The share of what was bad in a window; no value while there was nothing to be bad. */
export function badShare(level: Level, window: string): string {
  if ("histogram" in level) {
    const { histogram, withinSeconds } = level;
    const good = `sum(rate(${histogram}_bucket{le="${withinSeconds}"}[${window}]))`;
    return `1 - ${good} / (sum(rate(${histogram}_count[${window}])) > 0)`;
  }
  // A counter that never counted does not exist: without `vector(0)` there would be no share either.
  const bad = `(sum(rate(${level.bad}[${window}])) or vector(0))`;
  return `${bad} / (sum(rate(${level.all}[${window}])) > 0)`;
}
