import type { LevelCounts } from "@parloir/contracts/cluster.ts";
import serviceLevels from "../../../infra/service-levels.json" with { type: "json" };
import type { MetricName } from "../metrics.ts";
import type { Labels, MetricsWindow } from "./window.ts";

/**
 * How a process did against the service levels since it started: how much there was, and how much of that was bad. By
 * the same selectors from which the alert rules are made.
 */
export function levelsOf(names: readonly MetricName[], window: MetricsWindow): Record<string, LevelCounts> {
  const own = new Set<string>(names);
  const levels = Object.entries(serviceLevels.levels as Record<string, Level>).flatMap(
    ([name, level]): [string, LevelCounts][] => {
      if (!own.has("histogram" in level ? level.histogram : selectorOf(level.all).name)) return [];
      return [[name, countsOf(level, window)]];
    },
  );
  return Object.fromEntries(levels);
}

type Level = { histogram: MetricName; withinSeconds: number } | { all: string; bad: string };

function countsOf(level: Level, { total, within }: MetricsWindow): LevelCounts {
  if ("histogram" in level) {
    const all = total(level.histogram);
    return { all, bad: Math.max(0, all - within(level.histogram, level.withinSeconds)) };
  }
  const [all, bad] = [selectorOf(level.all), selectorOf(level.bad)];
  return { all: total(all.name, all.labels), bad: total(bad.name, bad.labels) };
}

interface Selector {
  name: MetricName;
  labels: Labels;
}

/** `name{label="value",label=~"a|b",label!="c"}`, as Prometheus reads it. */
export function selectorOf(text: string): Selector {
  const [, name, matchers = ""] = /^(\w+)(?:\{(.*)\})?$/.exec(text) ?? [];
  const labels = [...matchers.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)].map(([, label, how, value]) => {
    const isLike = how!.endsWith("~") ? matching(value!) : (given: string) => given === value;
    return [label, how!.startsWith("!") ? (given: string) => !isLike(given) : isLike];
  });
  return { name: name as MetricName, labels: Object.fromEntries(labels) as Labels };
}

function matching(pattern: string): (given: string) => boolean {
  const whole = new RegExp(`^(?:${pattern})$`);
  return (given) => whole.test(given);
}
