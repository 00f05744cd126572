import { describe, expect, it } from "vitest";
import type { ProcessRole } from "./env.ts";
import { createMetrics } from "./metrics.ts";

/** What a process really shows, Node's own metrics included, against the conventions of Prometheus. */

interface Shown {
  name: string;
  type: string;
  values: { metricName?: string; labels: Record<string, unknown> }[];
}

const roles: ProcessRole[] = ["gateway", "api", "worker"];
const shown = await Promise.all(
  roles.map(async (role) => {
    const { registry } = createMetrics(role, "node-1");
    return [role, (await registry.getMetricsAsJSON()) as unknown as Shown[]] as const;
  }),
);
/** Whose names are Node's and the kernel's; prom-client gives them. */
const given = /^(nodejs|process)_/;

describe.each(shown)("the metrics of a %s", (_, metrics) => {
  it("are counters that end in _total, and nothing else does", () => {
    for (const { name, type } of metrics)
      if (!given.test(name)) expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
  });

  it("are in seconds and bytes, and shares from 0 to 1", () => {
    const derived =
      /(^|_)(ms|milliseconds?|micros(econds)?|minutes?|hours?|days?|[kmg]i?b|kilobytes?|megabytes?|percent)(_|$)/;
    expect(metrics.map(({ name }) => name).filter((name) => derived.test(name))).toEqual([]);
    // A unit stands at the end, before the _total of a counter.
    for (const { name } of metrics)
      if (/seconds|bytes/.test(name) && !given.test(name)) expect(name).toMatch(/_(seconds|bytes)(_total)?$/);
  });

  it("are ours, by their first word", () => {
    for (const { name } of metrics) expect(name).toMatch(/^(parloir|nodejs|process)_[a-z0-9_]+$/);
  });

  it("have the name of the node, which dashboards group by", () => {
    for (const { name, values } of metrics)
      for (const { labels } of values) expect([name, labels.node]).toEqual([name, "node-1"]);
  });
});
