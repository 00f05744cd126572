import { readFileSync } from "node:fs";
import { metricTable } from "@parloir/platform/metrics.ts";
import { describe, expect, it } from "vitest";

interface Level {
  title: string;
  objective: number;
  withinSeconds?: number;
  histogram?: string;
  all?: string;
  bad?: string;
}
const { levels, clients } = JSON.parse(
  readFileSync(new URL("service-levels.json", import.meta.url), "utf8"),
) as { levels: Record<string, Level>; clients: Record<string, Level> };

describe("infra/service-levels.json", () => {
  it.each(Object.entries(levels))("%s is measured by what a process tells", (_, level) => {
    const named = [level.histogram, level.all, level.bad].filter((each) => each !== undefined);
    const metrics = named.map((each) => each.split("{")[0]!);
    expect(metrics.length).toBeGreaterThan(0);
    for (const metric of metrics) expect(metricTable).toHaveProperty(metric);
    expect(level.withinSeconds === undefined).toBe(level.histogram === undefined);
    expect(level.objective).toBeGreaterThan(0.5);
    expect(level.objective).toBeLessThan(1);
  });

  it.each(Object.entries(clients))("%s is what only a client can see: a share, or a time", (_, level) => {
    expect(
      Object.keys(level).filter((key) => !["title", "objective", "withinSeconds"].includes(key)),
    ).toEqual([]);
    expect(level.objective).toBeLessThanOrEqual(1);
  });
});
